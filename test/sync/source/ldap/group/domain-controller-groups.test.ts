import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Scope } from '../../../../../src/core/connection.ts';
import type { LdapSettings } from '../../../../../src/sync/source/ldap/ldap-settings.ts';
import type { LdifEntry } from '../../../../support/ldap-ldif.ts';
import { ldapSettings, readEverybody } from '../../../../support/ldap-reading.ts';
import { describeSamba, installMs, type Samba, sambaPerson, startSamba } from '../../../../support/samba.ts';

const base = 'DC=example,DC=test';
const people = `OU=people,${base}`;
const groups = `OU=groups,${base}`;
const groupDn = (name: string): string => `CN=${name},${groups}`;
const dn = (name: string): string => `CN=${name},${people}`;
const ou = (place: string): LdifEntry => ({ dn: place, attributes: { objectClass: 'organizationalUnit' } });
const group = (name: string, member: string[]): LdifEntry => ({
  dn: groupDn(name),
  attributes: { objectClass: 'group', sAMAccountName: `${name}-account`, member },
});

describeSamba('groups of a domain controller', () => {
  let dc: Samba;

  beforeAll(async () => {
    dc = await startSamba({
      entries: [
        ou(people),
        ou(groups),
        ...['ada', 'bo', 'cy', 'di', 'ed'].map((name) => sambaPerson(name, people)),
        group('bottom', [dn('cy'), dn('ada')]),
        group('middle', [dn('bo'), groupDn('bottom')]),
        group('top', [dn('ada'), groupDn('middle')]),
        group('primary', [dn('di')]),
        group('above', [dn('ed'), groupDn('primary')]),
        group('domain', [`CN=Domain Users,CN=Users,${base}`]),
        group('void', []),
        group('builtin', [`CN=Users,CN=Builtin,${base}`]),
      ],
    });
    await dc.modify(groupDn('bottom'), { member: [dn('cy'), dn('ada'), groupDn('top')] });
    // Only a member can get a group as the primary one. Then the person becomes an ordinary member of the former
    // primary group.
    const shown = await dc.search(['-b', groupDn('primary'), '-s', 'base', 'objectSid']);
    const sid = Buffer.from(/^objectSid:: (.*)$/m.exec(shown)?.[1] ?? '', 'base64');
    await dc.modify(dn('di'), { primaryGroupID: String(sid.readUInt32LE(sid.length - 4)) });
  }, installMs);
  afterAll(() => dc?.close());

  const read = async (scope: Partial<Scope>, changes: Partial<LdapSettings> = {}) => {
    const { entries, summary } = await readEverybody(
      ldapSettings(dc, { baseDns: [people], tlsCa: dc.ca, ...changes }),
      {
        attributes: ['cn'],
        scope: { nestedGroups: true, ...scope },
        password: dc.bindPassword,
      },
    );
    const came = entries.filter(({ inGroups, excluded }) => inGroups && excluded === null);
    return { names: came.map(({ attributes: [cn] }) => cn).sort(), sent: entries.length, ...summary };
  };

  test.each<[string, Partial<Scope>, string[]]>([
    ['are followed through levels and circles', { groups: [groupDn('top')] }, ['ada', 'bo', 'cy']],
    [
      'are found by name and by sAMAccountName',
      { groups: ['bottom-account', 'above'] },
      ['ada', 'bo', 'cy', 'di', 'ed'],
    ],
    ['bring the people whose primary group is inside', { groups: ['above'] }, ['di', 'ed']],
    ['leave out those people', { excludeGroups: ['above'] }, ['ada', 'bo', 'cy']],
    ['bring all whose primary group is Domain Users', { groups: ['domain'] }, ['ada', 'bo', 'cy', 'di', 'ed']],
    ['are not followed unless asked for', { groups: ['top'], nestedGroups: false }, ['ada']],
  ])('%s', async (_name, scope, names) => {
    expect(await read(scope)).toMatchObject({ names, complete: true });
  });

  test('without visible members in the global catalog, which may not have them, make the read incomplete', async () => {
    const catalog = { urls: [`ldaps://${dc.address}:3269`] };
    expect(await read({ groups: ['void'] })).toMatchObject({ names: [], complete: true });
    expect(await read({ groups: ['void'] }, catalog)).toMatchObject({
      names: [],
      complete: false,
      because: expect.stringContaining('global catalog'),
    });
    expect(await read({ groups: ['top'] }, catalog)).toMatchObject({ names: ['ada', 'bo', 'cy'], complete: true });
  });

  test('include all members of a built-in group, and count its members of no domain', async () => {
    const { names, complete, notes } = await read({ groups: ['builtin'] });
    expect([names, complete]).toEqual([['ada', 'bo', 'cy', 'di', 'ed'], true]);
    expect(notes).toMatchObject([
      { level: 'INFO', code: 'MEMBERS_OUTSIDE', message: expect.stringContaining('CN=S-1-5-11') },
    ]);
  });
});
