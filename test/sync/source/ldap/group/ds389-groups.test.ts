import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Scope } from '../../../../../src/core/connection.ts';
import { type Ds389, startDs389 } from '../../../../support/ds389.ts';
import type { LdifEntry } from '../../../../support/ldap-ldif.ts';
import { ldapSettings, readEverybody } from '../../../../support/ldap-reading.ts';

const base = 'dc=example,dc=org';
const dn = (uid: string): string => `uid=${uid},ou=people,${base}`;
const groupDn = (name: string): string => `cn=${name},ou=groups,${base}`;
const unit = (ou: string): LdifEntry => ({ dn: `ou=${ou},${base}`, attributes: { objectClass: 'organizationalUnit' } });
const person = (uid: string): LdifEntry => ({
  dn: dn(uid),
  attributes: { objectClass: 'inetOrgPerson', cn: uid, sn: uid },
});
const group = (name: string, member: string[]): LdifEntry => ({
  dn: groupDn(name),
  attributes: { objectClass: 'groupOfNames', cn: name, member },
});

let server: Ds389;

beforeAll(async () => {
  server = await startDs389({
    memberOf: true,
    // The plug-in writes no memberOf for imported entries.
    imported: [unit('people'), unit('groups'), person('old'), group('imported', [dn('old')])],
    entries: [
      ...['ada', 'bo', 'cy', 'di'].map(person),
      group('bottom', [dn('cy'), dn('ada')]),
      group('middle', [dn('bo'), groupDn('bottom')]),
      group('top', [dn('ada'), groupDn('middle')]),
      group('void', []),
      group('mute', [dn('bo')]),
      group('mixed', [dn('di'), groupDn('void')]),
      group('secret', [dn('bo')]),
      group('partly', [dn('ada'), groupDn('secret')]),
      group('stale', [dn('ada'), groupDn('past')]),
    ],
  });
  await server.modify(groupDn('mute'), {
    aci: `(targetattr="member")(version 3.0; acl "mute"; deny (read,search,compare) userdn="ldap:///${server.bindDn}";)`,
  });
  await server.modify(groupDn('secret'), {
    aci: `(targetattr="*")(version 3.0; acl "secret"; deny (all) userdn="ldap:///${server.bindDn}";)`,
  });
}, 600_000);
afterAll(() => server?.close());

const read = async (scope: Partial<Scope>) => {
  const settings = ldapSettings(server, { baseDns: [`ou=people,${base}`] });
  const { entries, summary } = await readEverybody(settings, {
    attributes: ['uid'],
    scope: { nestedGroups: true, ...scope },
    password: server.bindPassword,
  });
  const came = entries.filter(({ inGroups, excluded }) => inGroups && excluded === null);
  return { uids: came.map(({ attributes: [uid] }) => uid).sort(), sent: entries.length, ...summary };
};

test.each<[string, Partial<Scope>, string[], number]>([
  ['are left to memberOf, which names groups of all levels here', { groups: [groupDn('top')] }, ['ada', 'bo', 'cy'], 3],
  ['are compared here where memberOf was not written', { groups: ['mixed', 'imported'] }, ['di', 'old'], 5],
  ['are not followed unless asked for, whatever memberOf says', { groups: ['top'], nestedGroups: false }, ['ada'], 5],
  ['leave people out', { excludeGroups: ['top'] }, ['di', 'old'], 5],
])('groups within groups %s', async (_name, scope, uids, sent) => {
  expect(await read(scope)).toMatchObject({ uids, sent, complete: true, because: null });
});

test("a group without visible members, although people's memberOf names it, makes the read incomplete", async () => {
  expect(await read({ groups: ['void'] })).toMatchObject({ uids: [], complete: true });
  expect(await read({ groups: ['mute'] })).toMatchObject({
    complete: false,
    because: `The members of these groups can't be read: "${groupDn('mute')}".`,
  });
});

test('a group inside that is hidden makes the read incomplete, and one that was deleted does not', async () => {
  expect(await read({ groups: ['partly'] })).toMatchObject({
    uids: ['ada'],
    complete: false,
    because: expect.stringContaining(groupDn('secret')),
  });
  expect(await read({ groups: ['stale'] })).toMatchObject({ uids: ['ada'], complete: true });
});
