import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Scope } from '../../src/core/connection.ts';
import type { RunCounts } from '../../src/core/run.ts';
import type { LdifEntry } from '../support/ldap-ldif.ts';
import { ldapSettings, readEverybody, scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { createSyncing, type LoneSyncing } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

type Counts = Partial<RunCounts>;
const groupDn = (name: string): string => `cn=${name},ou=groups,dc=example,dc=org`;
const group = (name: string, member: string[], parent = 'ou=groups'): LdifEntry => ({
  dn: `cn=${name},${parent},dc=example,dc=org`,
  attributes: { objectClass: 'groupOfNames', cn: name, member },
});
const ou = (name: string): LdifEntry => ({
  dn: `ou=${name},dc=example,dc=org`,
  attributes: { objectClass: 'organizationalUnit', ou: name },
});
const crowd = Array.from({ length: 60 }, (_, i) => `u${i}`);
const odd = 'cn=Lovelace\\, Ada,ou=people,dc=example,dc=org';

const entries: LdifEntry[] = [
  unit,
  ou('groups'),
  ou('others'),
  ...crowd.map((uid) => somebody(uid)),
  { dn: odd, attributes: { objectClass: 'inetOrgPerson', cn: 'Lovelace, Ada', sn: 'Lovelace', displayName: 'ADA' } },
  { dn: 'cn=guest,ou=others,dc=example,dc=org', attributes: { objectClass: 'inetOrgPerson', cn: 'guest', sn: 'g' } },
  group('top', [dn('u0'), groupDn('middle'), groupDn('also')]),
  group('middle', [dn('u0'), dn('u1'), 'CN=Bottom , OU=Groups,dc=EXAMPLE,dc=org']),
  group('bottom', [dn('u2'), 'UID=U3, ou=People,dc=example,dc=org', 'cn="Lovelace, Ada",ou=people,dc=example,dc=org']),
  group('also', [dn('u0'), dn('u4'), groupDn('circle')]),
  group('circle', [dn('u5'), groupDn('top'), groupDn('circle')]),
  group('large', [...crowd.map(dn).slice(0, 55), groupDn('inner')]),
  group('inner', [dn('u58'), groupDn('unique')]),
  {
    dn: groupDn('unique'),
    attributes: {
      objectClass: 'groupOfUniqueNames',
      cn: 'unique',
      uniqueMember: [`${dn('u57')}#'0101'B`, groupDn('unix')],
    },
  },
  {
    dn: groupDn('unix'),
    attributes: { objectClass: 'posixGroup', cn: 'unix', gidNumber: '1', memberUid: ['u56', 'U59', 'nobody'] },
  },
  group('twin', [dn('u0')]),
  group('twin', [dn('u1')], 'ou=others'),
  group('wide', [dn('u0'), 'cn=guest,ou=others,dc=example,dc=org', 'uid=far,dc=elsewhere', groupDn('bottom')]),
  group('deleted', [dn('u0'), dn('gone'), 'cn=Gone,ou=people,dc=example,dc=org', groupDn('bottom')]),
  group('partly', [dn('u0'), groupDn('secret'), groupDn('bottom')]),
  group('secret', [dn('u1')]),
  group('sealed', [dn('u0'), groupDn('mute')]),
  group('mute', [dn('u1')]),
  group('beside', [dn('u0'), 'cn=cabal,ou=people,dc=example,dc=org', odd]),
  group('cabal', [dn('u1')], 'ou=people'),
  group('known', [dn('u0'), groupDn('closed')]),
  group('closed', [dn('u1')]),
  group('stale', [dn('u0'), groupDn('past'), 'cn=past,ou=people,dc=example,dc=org', 'cn=a,ou=none,dc=example,dc=org']),
  group('veiled', [dn('u0'), dn('ceo')]),
  somebody('ceo'),
];
/** The bind account can see none of these: groups, of which one is among people, the members of another, and a person. */
const access = [
  `to dn.exact="${groupDn('secret')}" by * none`,
  `to dn.exact="${groupDn('mute')}" attrs=member by * none`,
  `to dn.exact="cn=cabal,ou=people,dc=example,dc=org" by * none`,
  `to dn.exact="${groupDn('closed')}" by * disclose`,
  `to dn.exact="${dn('ceo')}" by * none`,
  'to filter=(employeeType=hidden) by * none',
];

let slapd: Slapd;
let syncing: LoneSyncing;

beforeAll(async () => {
  slapd = await startSlapd({ entries, access, memberOf: true });
  syncing = await createSyncing();
});
afterAll(async () => {
  await syncing?.close();
  await slapd?.close();
});
beforeEach(async () => {
  await syncing.rows('DELETE FROM contact_link');
  await syncing.rows('DELETE FROM contact');
});

const people = 'ou=people,dc=example,dc=org';
const connect = (scope: Partial<Scope>): Promise<string> =>
  syncing.createConnection(
    { ...slapd, baseDn: people },
    { scope: scopeOf(scope), mappings: [map('DISPLAY_NAME', 'displayName')], removal: removal() },
  );
const statuses = async () =>
  Object.fromEntries((await syncing.contacts()).map(({ display_name, status }) => [display_name, status]));
/** A first dry run: the people who came in, and the log lines about groups. */
const run = async (scope: Partial<Scope>) => {
  const outcome = await syncing.sync(await connect(scope), { dryRun: true });
  const log = await syncing.log(outcome.id);
  const ofGroups = ['GROUPS_NOT_FOLLOWED', 'MEMBERS_OUTSIDE', 'EMPTY_GROUP', 'NOT_A_GROUP', 'INCOMPLETE_READ'];
  return {
    ...outcome,
    told: log.filter(({ code }) => ofGroups.includes(code)).map(({ code, message }) => `${code}: ${message}`),
  };
};
const read = async (scope: Partial<Scope>, onPage?: () => Promise<void>) => {
  const settings = ldapSettings(slapd, { baseDns: [people] });
  const asked = { attributes: ['uid', 'cn'], scope, password: slapd.bindPassword, ...(onPage && { onPage }) };
  const { entries: found, summary } = await readEverybody(settings, asked);
  const came = found.filter(({ inGroups, excluded }) => inGroups && excluded === null);
  return {
    uids: came.map(({ attributes: [uid, cn] }) => String(uid ?? cn)).sort(),
    summary,
    read: found.length,
    excluded: found.filter((one) => one.inGroups && one.excluded === 'IN_EXCLUDED_GROUP').length,
  };
};

describe('groups within groups', () => {
  test.each<[string, string[], string[]]>([
    [
      'are followed on three levels and through circles, and count everybody once',
      [groupDn('top')],
      ['Lovelace, Ada', 'u0', 'u1', 'u2', 'u3', 'u4', 'u5'],
    ],
    [
      'are followed from any place of a circle',
      [groupDn('circle')],
      ['Lovelace, Ada', 'u0', 'u1', 'u2', 'u3', 'u4', 'u5'],
    ],
    [
      'count who is in several of them once',
      [groupDn('middle'), groupDn('also')],
      ['Lovelace, Ada', 'u0', 'u1', 'u2', 'u3', 'u4', 'u5'],
    ],
    ['are found by name', ['bottom', 'also'], ['Lovelace, Ada', 'u0', 'u1', 'u2', 'u3', 'u4', 'u5']],
    [
      'are found among many members, whether they name people by DN or by uid',
      [groupDn('large')],
      [...crowd.slice(0, 55), 'u56', 'u57', 'u58', 'u59'].sort(),
    ],
  ])('%s', async (_name, groups, uids) => {
    const found = await read({ groups, nestedGroups: true });
    expect(found.uids).toEqual(uids);
    expect(found.summary).toMatchObject({ complete: true, notes: [] });
  });

  test('are not followed unless asked for', async () => {
    expect((await read({ groups: [groupDn('top')] })).uids).toEqual(['u0']);
  });

  test('are filtered by memberOf if it names the same people, level by level', async () => {
    await slapd.add(groupDn('fresh'), { objectClass: 'groupOfNames', cn: 'fresh', member: [dn('u7'), dn('u8')] });
    await slapd.add(groupDn('above'), {
      objectClass: 'groupOfNames',
      cn: 'above',
      member: [dn('u9'), groupDn('fresh')],
    });
    expect(await read({ groups: [groupDn('above')], nestedGroups: true })).toMatchObject({
      uids: ['u7', 'u8', 'u9'],
      read: 3,
    });
  });
});

test('DNs that differ in case, spaces or escapes name the same members', async () => {
  const { uids } = await read({ groups: ['CN=bottom,ou="groups", dc=example,DC=org'] });
  expect(uids).toEqual(['Lovelace, Ada', 'u2', 'u3']);
});

describe("a group that can't be identified", () => {
  test.each<[string, Partial<Scope>, string, string]>([
    ['by a name that nothing has', { groups: ['nothing'] }, '"nothing"', 'Write its DN'],
    [
      'by a name of two',
      { groups: ['twin'] },
      '"twin"',
      '"cn=twin,ou=groups,dc=example,dc=org", "cn=twin,ou=others,dc=example,dc=org"',
    ],
    ['by a DN that nothing has', { groups: [groupDn('none')] }, groupDn('none'), 'Check its DN'],
    ['though it is only excluded', { excludeGroups: ['nothing'] }, '"nothing"', 'Write its DN'],
    ['and is excluded by the name of two', { excludeGroups: ['twin'] }, '"twin"', 'Write the DN of one of them'],
  ])('%s is GROUP_NOT_FOUND with its name', async (_name, scope, words, hint) => {
    await expect(read({ ...scope, nestedGroups: true })).rejects.toMatchObject({
      code: 'GROUP_NOT_FOUND',
      message: expect.stringContaining(words),
      hint: expect.stringContaining(hint),
    });
  });
});

describe('a group that vanishes', () => {
  test.each<['groups' | 'excludeGroups', number]>([
    ['groups', 1],
    ['excludeGroups', 60],
  ])(
    'between two runs, named in %s, fails the second with its name, and nobody goes or comes',
    async (list, created) => {
      await slapd.add(groupDn('brief'), { objectClass: 'groupOfNames', cn: 'brief', member: dn('u0') });
      const connection = await connect({ [list]: [groupDn('brief')] });
      expect(await syncing.sync(connection)).toMatchObject({ status: 'SUCCEEDED', counts: { created } });
      await slapd.rename(groupDn('brief'), 'cn=renamed');
      const second = await syncing.sync(connection);
      await slapd.delete(groupDn('renamed'));
      expect(second).toMatchObject({ status: 'FAILED', error: { code: 'GROUP_NOT_FOUND' } });
      expect(second.error?.message).toContain(groupDn('brief'));
      expect(await syncing.contacts()).toHaveLength(created);
      expect(await syncing.rows(`SELECT 1 FROM contact WHERE status <> 'ACTIVE'`)).toEqual([]);
    },
  );

  test.each(['brief', 'within'])('while a run reads (%s) fails the run with its name', async (name) => {
    await slapd.add(groupDn('within'), { objectClass: 'groupOfNames', cn: 'within', member: dn('u1') });
    await slapd.add(groupDn('brief'), {
      objectClass: 'groupOfNames',
      cn: 'brief',
      member: [dn('u0'), groupDn('within')],
    });
    let left = [groupDn(name)];
    const onPage = async (): Promise<void> => {
      for (const one of left.splice(0)) await slapd.delete(one);
    };
    await expect(read({ groups: [groupDn('brief')], nestedGroups: true }, onPage)).rejects.toMatchObject({
      code: 'GROUP_NOT_FOUND',
      message: expect.stringContaining(groupDn(name)),
    });
    left = [];
    await slapd.delete(groupDn(name === 'brief' ? 'within' : 'brief'));
  });
});

describe("an inner group that can't be read", () => {
  test.each([
    ['because all of it is hidden', 'partly', groupDn('secret')],
    ['because its members are hidden', 'sealed', groupDn('mute')],
    ['because it is hidden among people', 'beside', 'cn=cabal,ou=people,dc=example,dc=org'],
    ['because the account has no right to it', 'known', groupDn('closed')],
  ])('%s makes the read incomplete, with its DN, so nobody is removed', async (_name, named, hidden) => {
    const connection = await connect({ groups: ['top'], nestedGroups: true });
    expect(await syncing.sync(connection)).toMatchObject({ counts: { created: 7 } });
    await syncing.edit(connection, { scope: scopeOf({ groups: [named], nestedGroups: true }) });
    const second = await syncing.sync(connection);
    expect(second).toMatchObject({ status: 'SUCCEEDED', counts: { deactivated: 0 } });
    const lines = (await syncing.log(second.id)).filter(({ code }) => code === 'INCOMPLETE_READ');
    expect(lines).toMatchObject([{ level: 'WARN', message: expect.stringContaining(hidden) }]);
  });

  test.each(['partly', 'sealed', 'beside'])(
    'and is excluded (%s) fails the read, so nobody is imported',
    async (name) => {
      await expect(read({ excludeGroups: [name], nestedGroups: true })).rejects.toMatchObject({
        code: 'INCOMPLETE_READ',
        message: expect.stringContaining('excluded groups'),
      });
    },
  );

  test.each(['FULL', 'INCREMENTAL'] as const)(
    'in a %s run keeps people who may be in it and its hidden members, and nobody else',
    async (mode) => {
      const shy = 'cn=shy,ou=people,dc=example,dc=org';
      const person = { objectClass: 'inetOrgPerson', sn: 'x' };
      await slapd.add(shy, { ...person, cn: 'shy', displayName: 'SHY' });
      await slapd.add(dn('leaver'), { ...person, cn: 'leaver', displayName: 'LEAVER' });
      const member = [dn('u6'), dn('u7'), dn('leaver'), shy];
      await slapd.add(groupDn('team'), { objectClass: 'groupOfNames', cn: 'team', member });
      try {
        const connection = await connect({ groups: ['team'], nestedGroups: true });
        expect(await syncing.sync(connection)).toMatchObject({ counts: { created: 4 } });
        await slapd.modify(shy, { employeeType: 'hidden' });
        await slapd.delete(dn('leaver'));
        await slapd.modify(groupDn('team'), { member: [dn('u6'), dn('leaver'), shy] });
        const doubtful = await syncing.sync(connection, { mode });
        expect(doubtful).toMatchObject({ mode, status: 'SUCCEEDED', counts: { read: 61, deactivated: 1 } });
        expect(await statuses()).toEqual({ U6: 'ACTIVE', U7: 'ACTIVE', LEAVER: 'INACTIVE', SHY: 'ACTIVE' });
        const lines = (await syncing.log(doubtful.id)).filter(({ code }) => code === 'INCOMPLETE_READ');
        expect(lines.map(({ message }) => message)).toEqual([
          `The groups of the scope could not be read in full, so nobody is removed for being in none of them: The bind account can't see these members: "${shy}". They are in "${groupDn('team')}". They may be groups, whose members would then be missing. Let the account read them, or remove them from their groups. If none of them is a group, nestedGroups can also be turned off. People who left the source or the rest of the scope are removed as usual.`,
        ]);
        await slapd.modify(shy, { employeeType: [] });
        expect(await syncing.sync(connection, { mode })).toMatchObject({ mode, counts: { deactivated: 1 } });
        expect(await statuses()).toEqual({ U6: 'ACTIVE', U7: 'INACTIVE', LEAVER: 'INACTIVE', SHY: 'ACTIVE' });
      } finally {
        for (const gone of [groupDn('team'), shy]) await slapd.delete(gone);
      }
    },
  );

  test('is not suspected because of a deleted person who is still a member', async () => {
    const { uids, summary } = await read({ groups: [groupDn('deleted')], nestedGroups: true });
    expect([uids, summary.complete]).toEqual([['Lovelace, Ada', 'u0', 'u2', 'u3'], true]);
  });

  test.each([
    ['a group that was deleted and is still a member', 'stale'],
    ['a person who is named by uid and hidden', 'veiled'],
  ])('is not suspected in %s, neither among groups that let in nor among excluded ones', async (_name, named) => {
    const { uids, summary } = await read({ groups: [named], nestedGroups: true });
    expect([uids, summary.complete]).toEqual([['u0'], true]);
    expect((await read({ excludeGroups: [named], nestedGroups: true })).excluded).toBe(1);
  });
});

test('members of other base DNs and other servers are counted in one line', async () => {
  const { status, counts, told } = await run({ groups: ['wide'], nestedGroups: true });
  expect({ status, inScope: counts.inScope }).toEqual({ status: 'SUCCEEDED', inScope: 4 });
  expect(told).toEqual([
    'MEMBERS_OUTSIDE: 2 members of the groups are not below the base DNs and do not come in: "cn=guest,ou=others,dc=example,dc=org", "uid=far,dc=elsewhere".',
  ]);
});

describe('excluded groups', () => {
  test.each<[string, Partial<Scope>, number, number]>([
    ['leave out their members', { excludeGroups: ['top'] }, 60, 1],
    ['leave out the members of groups inside them too', { excludeGroups: ['top'], nestedGroups: true }, 54, 7],
    [
      'leave out who another group lets in',
      { groups: ['middle'], excludeGroups: [groupDn('bottom')], nestedGroups: true },
      2,
      3,
    ],
    ['leave out by uid', { excludeGroups: ['unix'] }, 59, 2],
    ['count who is excluded twice once', { excludeGroups: ['middle', 'also'] }, 58, 3],
  ])('%s', async (_name, scope, inScope, excluded) => {
    const found = await read(scope);
    expect([found.uids.length, found.excluded]).toEqual([inScope, excluded]);
  });

  test('with inner groups that are not followed give a warning, and people who are left out are counted', async () => {
    const { told, excluded } = await run({ excludeGroups: ['middle'] });
    expect(excluded).toEqual({ IN_EXCLUDED_GROUP: 2 });
    expect(told).toEqual([expect.stringMatching(/^GROUPS_NOT_FOLLOWED: .*their members are not left out by it/)]);
  });
});

describe('an incremental run', () => {
  const restore = [groupDn('top'), groupDn('middle'), groupDn('also')];
  afterEach(async () => {
    for (const { dn: name, attributes } of entries.filter(({ dn: name }) => restore.includes(name)))
      await slapd.modify(name, { member: attributes.member ?? [] });
  });

  test.each<['groups' | 'excludeGroups', Counts, Counts]>([
    ['groups', { created: 7 }, { created: 1, deactivated: 2, unchanged: 5 }],
    ['excludeGroups', { created: 54 }, { created: 2, deactivated: 1, unchanged: 53 }],
  ])(
    'sees who has joined and left %s, and groups inside, though the people have not changed',
    async (list, first, second) => {
      const connection = await connect({ [list]: ['top'], nestedGroups: true });
      expect(await syncing.sync(connection)).toMatchObject({ mode: 'FULL', counts: first });
      // u1 leaves, u4 leaves with a group, u10 comes with the same group.
      await slapd.modify(groupDn('middle'), { member: [dn('u0'), groupDn('bottom')] });
      await slapd.modify(groupDn('also'), { member: [dn('u0'), dn('u10'), groupDn('circle')] });
      expect(await syncing.sync(connection)).toMatchObject({
        mode: 'INCREMENTAL',
        status: 'SUCCEEDED',
        counts: second,
      });
      expect(await syncing.sync(connection)).toMatchObject({
        mode: 'INCREMENTAL',
        counts: { created: 0, deactivated: 0 },
      });
    },
  );

  test('reads everybody after an exclude was added to the scope', async () => {
    const connection = await connect({});
    expect(await syncing.sync(connection)).toMatchObject({ counts: { created: 61 } });
    await syncing.edit(connection, { scope: scopeOf({ excludeGroups: ['also'] }) });
    expect(await syncing.sync(connection)).toMatchObject({ mode: 'FULL', counts: { deactivated: 2, unchanged: 59 } });
  });
});
