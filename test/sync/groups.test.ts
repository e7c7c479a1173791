import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { done, entry, startFakeServer } from '../support/ldap-fake-server.ts';
import type { LdifEntry } from '../support/ldap-ldif.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { createSyncing, type LoneSyncing } from '../support/syncing.ts';
import { dn, somebody, unit } from './small-directory.ts';

const groupDn = (name: string): string => `cn=${name},ou=groups,dc=example,dc=org`;
const group = (name: string, member: string[]): LdifEntry => ({
  dn: groupDn(name),
  attributes: { objectClass: 'groupOfNames', cn: name, member },
});
const crowd = Array.from({ length: 60 }, (_, i) => `u${i}`);

let slapd: Slapd;
let syncing: LoneSyncing;

beforeAll(async () => {
  slapd = await startSlapd({
    entries: [
      unit,
      { dn: 'ou=groups,dc=example,dc=org', attributes: { objectClass: 'organizationalUnit', ou: 'groups' } },
      ...crowd.map((uid) => somebody(uid)),
      group('few', [dn('u0'), dn('u1')]),
      group('more', [dn('u2')]),
      group('mixed', [dn('u3'), groupDn('few')]),
      group('groups', [groupDn('few'), groupDn('more')]),
      group('crowd', [...crowd.map(dn), groupDn('few'), groupDn('more')]),
      ...Array.from({ length: 30 }, (_, i) => group(`inner${i}`, [dn('u4')])),
      group(
        'many',
        Array.from({ length: 30 }, (_, i) => groupDn(`inner${i}`)),
      ),
      group('void', ['']),
      { dn: groupDn('unix'), attributes: { objectClass: 'posixGroup', cn: 'unix', gidNumber: '1' } },
    ],
  });
  syncing = await createSyncing();
});
afterAll(async () => {
  await syncing?.close();
  await slapd?.close();
});

/** Makes a first run with a scope. Returns how many people came in, and the warnings. */
const run = async (server: { url: string }, scope: Parameters<typeof scopeOf>[0]) => {
  const connection = await syncing.createConnection(
    { ...server, baseDn: 'ou=people,dc=example,dc=org' },
    { scope: scopeOf(scope), matchBy: 'EXTERNAL_ID_ONLY', mappings: [] },
  );
  const { id, status, counts } = await syncing.sync(connection, { dryRun: true });
  const lines = await syncing.log(id);
  return {
    status,
    inScope: counts.inScope,
    told: lines.flatMap(({ level, code, message }) =>
      level === 'WARN' && code !== 'NO_NAME' ? [{ code, message }] : [],
    ),
  };
};
const told = (code: string, ...words: string[]) =>
  words.map((word) => expect.objectContaining({ code, message: expect.stringContaining(word) }));

describe("the run's notes on the groups of its scope", () => {
  test.each<[string, string[], number, unknown[]]>([
    ['nothing, where they hold people only', [groupDn('few'), groupDn('more')], 3, []],
    ['which groups one of them holds besides', [groupDn('mixed')], 1, told('GROUPS_NOT_FOLLOWED', `holds groups, `)],
    ['which ones, among many members', [groupDn('crowd')], 60, told('GROUPS_NOT_FOLLOWED', groupDn('more'))],
    ['no groups that are named as well', [groupDn('mixed'), groupDn('few')], 3, []],
    [
      'that one holds only groups',
      [groupDn('groups')],
      0,
      [...told('GROUPS_NOT_FOLLOWED', 'holds only groups'), ...told('EMPTY_READ', 'nobody')],
    ],
    [
      'no more than 20 of them',
      [groupDn('many')],
      0,
      [...told('GROUPS_NOT_FOLLOWED', 'and 10 more'), ...told('EMPTY_READ', 'nobody')],
    ],
    [
      'that a DN is no group',
      ['ou=groups,dc=example,dc=org'],
      0,
      [...told('NOT_A_GROUP', 'organizationalunit'), ...told('EMPTY_SCOPE', 'in none of the groups')],
    ],
    ['that a person is no group', [dn('u0')], 0, [...told('NOT_A_GROUP', dn('u0')), ...told('EMPTY_SCOPE', 'nobody')]],
    [
      'that one has no members',
      [groupDn('unix')],
      0,
      [...told('EMPTY_GROUP', groupDn('unix')), ...told('EMPTY_SCOPE', 'nobody')],
    ],
    [
      'that one has no members but the empty DN, which its schema asks for',
      [groupDn('void')],
      0,
      [...told('EMPTY_GROUP', groupDn('void')), ...told('EMPTY_SCOPE', 'nobody')],
    ],
  ])('%s', async (_name, groups, inScope, expected) => {
    const outcome = await run(slapd, { groups });
    expect(outcome).toMatchObject({ status: 'SUCCEEDED', inScope });
    expect(outcome.told).toEqual(expect.arrayContaining(expected));
    expect(outcome.told).toHaveLength(expected.length);
  });
});

test('a directory in which nobody meets the scope’s rules gives a warning', async () => {
  const outcome = await run(slapd, { rules: [{ attribute: 'uid', operator: 'EQUALS', values: ['nobody'] }] });
  expect(outcome).toMatchObject({ status: 'SUCCEEDED', inScope: 0, told: [{ code: 'EMPTY_READ' }] });
});

describe('on Active Directory', () => {
  const isPeopleSearch = (attributes: string[]): boolean => attributes.includes('userAccountControl');
  const start = (members: string[], complete: boolean) =>
    startFakeServer({
      rootDse: {
        supportedControl: ['1.2.840.113556.1.4.319'],
        forestFunctionality: ['7'],
        namingContexts: ['dc=example,dc=org'],
      },
      base: ({ id, baseDn, attributes }) => {
        const isGroup = /^cn=(all|inner)/i.test(baseDn);
        const objectClass = isGroup ? ['top', 'group'] : ['top', 'person', 'user'];
        const member = { [`member;range=0-${complete ? '*' : members.length - 1}`]: members };
        return [
          entry(id, baseDn, { objectClass, ...(/^cn=all/.test(baseDn) && attributes.length > 1 ? member : {}) }),
          done(id),
        ];
      },
      search: ({ id, attributes }) => {
        const found = isPeopleSearch(attributes)
          ? []
          : attributes.includes('objectClass')
            ? [entry(id, 'cn=inner,dc=example,dc=org', { objectClass: ['top', 'group'] })]
            : [];
        return [...found, done(id, { cookie: '' })];
      },
    });

  test.each([
    ['a small group is looked through', ['cn=inner,dc=example,dc=org'], true, 'holds only groups'],
    ['a large one is asked for', crowd.slice(0, 50).map(dn), false, 'holds groups'],
  ])('%s', async (_name, members, complete, words) => {
    const server = await start(members, complete);
    try {
      const outcome = await run(server, { groups: ['cn=all,dc=example,dc=org'] });
      expect(outcome.told).toEqual(expect.arrayContaining(told('GROUPS_NOT_FOLLOWED', words)));
      expect(outcome.told).toEqual(expect.arrayContaining(told('GROUPS_NOT_FOLLOWED', 'cn=inner,dc=example,dc=org')));
    } finally {
      await server.close();
    }
  });
});
