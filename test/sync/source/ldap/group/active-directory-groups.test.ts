import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Scope } from '../../../../../src/core/connection.ts';
import {
  type AdObject,
  type FakeActiveDirectory,
  startActiveDirectory,
} from '../../../../support/fake-active-directory.ts';
import type { FakeSearch } from '../../../../support/ldap-fake-server.ts';
import { ldapSettings, readEverybody } from '../../../../support/ldap-reading.ts';

const base = 'dc=example,dc=org';
const person = (name: string, attributes: AdObject['attributes'] = {}): AdObject => ({
  dn: `CN=${name},OU=Staff,${base}`,
  attributes: {
    objectClass: ['top', 'person', 'organizationalPerson', 'user'],
    objectCategory: 'person',
    cn: name,
    sAMAccountName: name,
    objectGUID: Buffer.from(name.padStart(16)),
    primaryGroupID: '513',
    ...attributes,
  },
});
const groupDn = (name: string): string => `CN=${name},OU=Groups,${base}`;
/** A group whose SID ends with `rid`. */
const group = (name: string, member: string[], rid = 1000): AdObject => ({
  dn: groupDn(name),
  attributes: {
    objectClass: ['top', 'group'],
    cn: name,
    sAMAccountName: `${name}-account`,
    objectSid: Buffer.concat([
      Buffer.from('010500000000000515000000010000000200000003000000', 'hex'),
      Buffer.of(rid & 0xff, rid >> 8, 0, 0),
    ]),
    member,
  },
});
const dnOf = ({ dn }: AdObject): string => dn;
const many = Array.from({ length: 3100 }, (_, i) => person(`p${i}`));
const [first, second, third, fourth] = many.slice(0, 4).map(dnOf) as [string, string, string, string];
const foreign: AdObject = {
  dn: `CN=S-1-5-21-9-9-9-1107,CN=ForeignSecurityPrincipals,${base}`,
  attributes: { objectClass: ['top', 'foreignSecurityPrincipal'], cn: 'S-1-5-21-9-9-9-1107' },
};

const objects: AdObject[] = [
  { dn: base, attributes: { objectClass: ['top', 'domainDNS'] } },
  { dn: `OU=Staff,${base}`, attributes: { objectClass: ['top', 'organizationalUnit'] } },
  ...many,
  person('vip', { primaryGroupID: '1700' }),
  foreign,
  group('top', [first, groupDn('middle')]),
  group('middle', [second, groupDn('bottom'), foreign.dn]),
  group('bottom', [third, groupDn('top')]),
  group('large', [...many.slice(1).map(dnOf), groupDn('inner')]),
  group('inner', [first]),
  group('vips', [], 1700),
  group('above vips', [fourth, groupDn('vips')]),
  group(
    'wide',
    Array.from({ length: 150 }, (_, i) => groupDn(`part${i}`)),
  ),
  ...Array.from({ length: 150 }, (_, i) => group(`part${i}`, [many[i]?.dn ?? ''], 2000 + i)),
];

let server: FakeActiveDirectory;
beforeAll(async () => {
  server = await startActiveDirectory(objects);
});
afterAll(() => server?.close());
beforeEach(() => {
  server.chains = { answer: 'works', asked: 0 };
  server.searches.length = 0;
  server.objects = objects;
  server.refuse = () => null;
});

const read = async (scope: Partial<Scope>, onPage?: () => void) => {
  const settings = ldapSettings(server, { baseDns: [`OU=Staff,${base}`] });
  const { entries, summary } = await readEverybody(settings, {
    attributes: ['cn'],
    scope: { nestedGroups: true, ...scope },
    ...(onPage && { onPage }),
  });
  const came = entries.filter(({ inGroups, excluded }) => inGroups && excluded === null);
  return { names: came.map(({ attributes: [cn] }) => String(cn)).sort(), sent: entries.length, ...summary };
};

describe('groups within groups', () => {
  test.each<['works' | 'unknown' | 'too slow']>([['works'], ['unknown'], ['too slow']])(
    'are all followed where the rule for chains of groups is: %s',
    async (answer) => {
      server.chains.answer = answer;
      expect(await read({ groups: [groupDn('top')] })).toMatchObject({
        names: ['p0', 'p1', 'p2'],
        sent: 3,
        complete: true,
      });
      expect(server.chains.asked).toBe(1);
    },
  );

  test('ask for chains only if there is an inner group', async () => {
    expect((await read({ groups: ['inner'] })).names).toEqual(['p0']);
    expect(server.chains.asked).toBe(0);
  });

  test('bring the people whose primary group is one of them', async () => {
    expect(await read({ groups: [groupDn('above vips')] })).toMatchObject({ names: ['p3', 'vip'], sent: 2 });
    expect(await read({ excludeGroups: ['above vips'] })).toMatchObject({ sent: 3101 });
    expect((await read({ groups: ['large'], excludeGroups: ['above vips'] })).names).toHaveLength(3099);
  });

  test('that are too many for a filter are compared here', async () => {
    const { names, sent, complete } = await read({ groups: ['wide'] });
    expect([names.length, sent, complete]).toEqual([150, 3101, true]);
  });
});

test('groups of more than 1,500 members have all members', async () => {
  const included = await read({ groups: ['large'] });
  expect([included.names.length, included.sent, included.complete]).toEqual([3100, 3100, true]);
  const excluded = await read({ excludeGroups: ['large'] });
  expect([excluded.names, excluded.sent, excluded.complete]).toEqual([['vip'], 3101, true]);
  const parts = server.searches
    .flatMap(({ attributes }) => attributes)
    .filter((name) => name.startsWith('member;range'));
  expect(parts).toEqual(['member;range=1500-*', 'member;range=3000-*', 'member;range=1500-*', 'member;range=3000-*']);
});

test('a group is found by its sAMAccountName too', async () => {
  expect((await read({ groups: ['inner-account'] })).names).toEqual(['p0']);
});

test('members of other domains are reported once, and are no fault', async () => {
  const { complete, notes } = await read({ groups: ['top'] });
  expect(complete).toBe(true);
  expect(notes).toEqual([
    expect.objectContaining({
      level: 'INFO',
      code: 'MEMBERS_OUTSIDE',
      message: expect.stringContaining(`1 member of the groups are`),
    }),
  ]);
});

test('a time limit that ends the search for inner groups makes the read incomplete, so nobody is removed', async () => {
  const asksForGroups = (search: FakeSearch): boolean =>
    search.scope === 2 && search.attributes.includes('objectClass');
  server.refuse = (search) => (asksForGroups(search) ? { code: 3, message: 'too slow' } : null);
  expect(await read({ groups: [groupDn('top')] })).toMatchObject({
    names: ['p0'],
    complete: false,
    because: expect.stringMatching(/groups inside could not be seen.*time limit/),
  });
  await expect(read({ excludeGroups: [groupDn('top')] })).rejects.toMatchObject({ code: 'INCOMPLETE_READ' });
});

test('a time limit that ends the search for the members of groups fails the read', async () => {
  server.refuse = ({ attributes }) => (attributes.includes('cn') ? { code: 3, message: 'too slow' } : null);
  await expect(read({ groups: [groupDn('top')] })).rejects.toMatchObject({ code: 'TIME_LIMIT' });
});

test('a group that vanishes while people are read fails the read with its name', async () => {
  const vanish = (): void => {
    server.objects = objects.filter(({ dn }) => dn !== groupDn('bottom'));
  };
  await expect(read({ groups: ['top'] }, vanish)).rejects.toMatchObject({
    code: 'GROUP_NOT_FOUND',
    message: expect.stringContaining(groupDn('bottom')),
  });
});

test.each([
  ['among groups', groupDn('bottom'), objects],
  ['among people', `CN=secret,OU=Staff,${base}`, [...objects, group('open', [first, `CN=secret,OU=Staff,${base}`])]],
])('an inner group that is hidden %s makes the read incomplete, with its DN', async (_name, hidden, all) => {
  server.objects = all.filter(({ dn }) => dn !== hidden);
  expect(await read({ groups: [hidden === groupDn('bottom') ? 'top' : 'open'] })).toMatchObject({
    complete: false,
    because: expect.stringContaining(hidden),
  });
});
