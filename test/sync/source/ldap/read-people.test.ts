import { Socket } from 'node:net';
import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { Scope } from '../../../../src/core/connection.ts';
import { canonicalDn } from '../../../../src/sync/source/ldap/dn.ts';
import type { LdifEntry } from '../../../support/ldap-ldif.ts';
import { people, person, personAttributes } from '../../../support/ldap-people.ts';
import { ldapSettings, type Reading, type ReadingOptions, readEverybody } from '../../../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../../../support/slapd.ts';

const base = 'dc=example,dc=org';
const inetOrgPerson = (dn: string, attributes: LdifEntry['attributes']): LdifEntry => ({
  dn,
  attributes: { objectClass: 'inetOrgPerson', sn: 'S', ...attributes },
});

/** DNs that break code which joins or splits them by hand. */
const hostile: [string, string][] = [
  [`cn=Lovelace\\, Ada,ou=hostile,${base}`, 'Lovelace, Ada'],
  [`cn=C\\+\\+ \\"Guru\\",ou=hostile,${base}`, 'C++ "Guru"'],
  [`cn=back\\\\slash,ou=hostile,${base}`, 'back\\slash'],
  [`cn=\\#hash,ou=hostile,${base}`, '#hash'],
  [`cn=a=b\\;c\\<d\\>,ou=hostile,${base}`, 'a=b;c<d>'],
  [`cn=(star*)\\2C,ou=hostile,${base}`, '(star*),'],
  [`cn=Zoë 😀,ou=hostile,${base}`, 'Zoë 😀'],
];

let slapd: Slapd;

beforeAll(async () => {
  const entries = [
    ...people(20),
    { dn: `ou=hostile,${base}`, attributes: { objectClass: 'organizationalUnit', ou: 'hostile' } },
    ...hostile.map(([dn, cn]) => inetOrgPerson(dn, { cn })),
    inetOrgPerson(`cn=Two+uid=two,ou=hostile,${base}`, { cn: 'Two', uid: 'two' }),
    { dn: `ou=odd,${base}`, attributes: { objectClass: 'organizationalUnit', ou: 'odd' } },
    inetOrgPerson(`uid=big,ou=odd,${base}`, {
      cn: 'Big',
      uid: 'big',
      description: 'x'.repeat(5_000_000),
      mail: 'big@example.org',
    }),
    inetOrgPerson(`uid=lang,ou=odd,${base}`, {
      cn: 'Plain',
      uid: 'lang',
      'cn;lang-en': 'English',
      mail: ['b@example.org', 'a@example.org'],
    }),
    inetOrgPerson(`uid=bytes,ou=odd,${base}`, {
      cn: 'Bytes',
      uid: 'bytes',
      userPassword: 'x',
      jpegPhoto: Buffer.of(0xff, 0xd8, 0xff, 0xe0),
    }),
    { dn: `uid=machine,ou=odd,${base}`, attributes: { objectClass: ['account'], uid: 'machine' } },
    { dn: `ou=groups,${base}`, attributes: { objectClass: 'organizationalUnit', ou: 'groups' } },
    {
      dn: `cn=team,ou=groups,${base}`,
      attributes: {
        objectClass: 'groupOfNames',
        cn: 'team',
        member: [hostile[0]?.[0] ?? '', `UID=User0000003, ou=people,${base}`, `uid=gone,${base}`],
      },
    },
    {
      dn: `cn=unique,ou=groups,${base}`,
      attributes: {
        objectClass: 'groupOfUniqueNames',
        cn: 'unique',
        uniqueMember: `uid=user0000004,ou=people,${base}`,
      },
    },
    {
      dn: `cn=unix,ou=groups,${base}`,
      attributes: { objectClass: 'posixGroup', cn: 'unix', gidNumber: '1', memberUid: ['user0000005', 'USER0000006'] },
    },
    { dn: `ou=a,ou=groups,${base}`, attributes: { objectClass: 'organizationalUnit', ou: 'a' } },
    { dn: `cn=unix,ou=a,ou=groups,${base}`, attributes: { objectClass: 'posixGroup', cn: 'unix', gidNumber: '2' } },
  ];
  slapd = await startSlapd({ entries, memberOf: true });
});
afterAll(() => slapd.close());

const read = (options: ReadingOptions = {}, changes: Parameters<typeof ldapSettings>[1] = {}): Promise<Reading> =>
  readEverybody(ldapSettings(slapd, changes), { password: slapd.bindPassword, ...options });

const namesOf = ({ entries }: Reading): (string | undefined)[] =>
  entries.map(({ attributes }) => String(attributes[0])).sort();

describe('pages', () => {
  test.each([19, 20, 21, 1, 10_000])('of %i entries bring each of 20 people once', async (pageSize) => {
    const { entries, pages, summary } = await read(
      { attributes: ['uid'] },
      { baseDns: [`ou=people,${base}`], pageSize },
    );
    expect(new Set(entries.map(({ id }) => id)).size).toBe(20);
    expect(entries).toHaveLength(20);
    expect(Math.max(...pages)).toBeLessThanOrEqual(pageSize);
    expect(summary).toEqual({ complete: true, because: null, cursor: null, referrals: [], notes: [] });
  });

  test('a base without people is a complete read of nobody', async () => {
    const { entries, pages, summary } = await read({}, { baseDns: [`ou=groups,${base}`] });
    expect([entries, pages]).toEqual([[], []]);
    expect(summary.complete).toBe(true);
  });

  test('several bases are all read, and a base within another one brings its people again', async () => {
    const baseDns = [`ou=people,${base}`, `ou=odd,${base}`, base, base.toUpperCase()];
    const { entries } = await read({ attributes: ['uid'] }, { baseDns });
    const ids = entries.map(({ id }) => id);
    expect(new Set(ids).size).toBe(31);
    expect(ids).toHaveLength(20 + 3 + 31);
  });

  test('the next page is delivered only when the work on this one is done', async () => {
    let working = 0;
    const { entries } = await read(
      {
        onPage: async () => {
          expect(++working).toBe(1);
          await new Promise((resolve) => setImmediate(resolve));
          working--;
        },
      },
      { pageSize: 3 },
    );
    expect(entries).toHaveLength(31);
  });

  test('the next page has been requested before the work on this one begins', async () => {
    const writes = jest.spyOn(Socket.prototype, 'write');
    const asked: number[] = [];
    try {
      await read(
        { onPage: () => void asked.push(writes.mock.calls.length) },
        { baseDns: [`ou=people,${base}`], pageSize: 5 },
      );
    } finally {
      writes.mockRestore();
    }
    const [first = 0] = asked;
    // Four pages, and no request after the last one.
    expect(asked).toEqual([first, first + 1, first + 2, first + 2]);
  });

  test('an error in the work on a page ends the read', async () => {
    const onPage = (): never => {
      throw new Error('full');
    };
    await expect(read({ onPage }, { pageSize: 3 })).rejects.toThrow('full');
  });
});

describe('people come as the directory has them', () => {
  test('with all the requested attributes, and their stable id', async () => {
    const { entries } = await read({ attributes: personAttributes, scope: { filter: '(uid=user0000001)' } });
    const [entry] = entries;
    const expected = person(1).attributes;
    expect(entry?.name).toBe(`uid=user0000001,ou=people,${base}`);
    expect(entry?.attributes).toEqual(personAttributes.map((name) => expected[name]));
    expect(entry?.id).toMatch(/^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/);
    expect(entry).toMatchObject({ disabled: false, notAPerson: false, inGroups: true, undecodable: [] });
  });

  test('with hostile DNs', async () => {
    const { entries } = await read({ attributes: ['cn'] }, { baseDns: [`ou=hostile,${base}`] });
    expect(entries.map(({ attributes }) => attributes[0]).sort()).toEqual(
      [...hostile.map(([, cn]) => cn), 'Two'].sort(),
    );
    const wanted = [...hostile.map(([dn]) => dn), `uid=two+cn=Two,ou=hostile,${base}`];
    expect(new Set(entries.map(({ name }) => canonicalDn(name)))).toEqual(new Set(wanted.map(canonicalDn)));
  });

  test('a 5 MB attribute is left out and named, and its person stays', async () => {
    const { entries } = await read({ attributes: ['description', 'mail'], scope: { filter: '(uid=big)' } });
    expect(entries).toMatchObject([{ attributes: [undefined, 'big@example.org'], undecodable: ['description'] }]);
  });

  test('cn is never cn;lang-en, all of several values come, and names are case-insensitive', async () => {
    const { entries } = await read({ attributes: ['CN', 'Mail', 'cn;lang-EN'], scope: { filter: '(uid=lang)' } });
    expect(entries[0]?.attributes).toEqual(['Plain', ['b@example.org', 'a@example.org'], 'English']);
  });

  test('invalid UTF-8 is left out and named', async () => {
    const { entries } = await read({
      attributes: ['userPassword', 'uid', 'userSMIMECertificate'],
      scope: { filter: '(uid=bytes)' },
    });
    expect(entries[0]?.attributes[1]).toBe('bytes');
    await slapd.modify(`uid=bytes,ou=odd,${base}`, { userSMIMECertificate: Buffer.of(0x30, 0x81, 0xff, 0x00) });
    const again = await read({ attributes: ['userSMIMECertificate'], scope: { filter: '(uid=bytes)' } });
    expect(again.entries).toMatchObject([{ attributes: [undefined], undecodable: ['userSMIMECertificate'] }]);
  });

  test('never with a photo, requested or not', async () => {
    const { entries } = await read({ attributes: ['jpegPhoto', 'uid'], scope: { filter: '(uid=bytes)' } });
    expect(entries).toMatchObject([{ attributes: [undefined, 'bytes'], undecodable: [] }]);
  });

  test('under the id attribute that the settings name', async () => {
    const { entries } = await read({ scope: { filter: '(uid=big)' } }, { idAttribute: 'UID' });
    expect(entries[0]?.id).toBe('big');
  });

  test('but only if somebody shows an id', async () => {
    await expect(read({}, { idAttribute: 'carLicense' })).rejects.toMatchObject({ code: 'ID_ATTRIBUTE_UNREADABLE' });
  });
});

describe('a scope picks people', () => {
  const hostileCns = hostile.map(([, cn]) => cn);
  test.each<[string, Partial<Scope>, string[]]>([
    ['by its filter', { filter: '(|(uid=big)(uid=lang))' }, ['Big', 'Plain']],
    ['by a filter that names its class', { filter: '(objectClass=account)' }, ['undefined']],
    ['by EQUALS, without case', { rules: [{ attribute: 'UID', operator: 'EQUALS', values: ['BIG'] }] }, ['Big']],
    [
      'by EQUALS with special characters',
      { rules: [{ attribute: 'cn', operator: 'EQUALS', values: ['(star*),'] }] },
      ['(star*),'],
    ],
    ['by EQUALS beyond ASCII', { rules: [{ attribute: 'cn', operator: 'EQUALS', values: ['Zoë 😀'] }] }, ['Zoë 😀']],
    ['by IN', { rules: [{ attribute: 'uid', operator: 'IN', values: ['big', 'lang', 'none'] }] }, ['Big', 'Plain']],
    ['by STARTS_WITH', { rules: [{ attribute: 'cn', operator: 'STARTS_WITH', values: ['(star*'] }] }, ['(star*),']],
    ['by ENDS_WITH', { rules: [{ attribute: 'cn', operator: 'ENDS_WITH', values: ['slash'] }] }, ['back\\slash']],
    ['by CONTAINS', { rules: [{ attribute: 'cn', operator: 'CONTAINS', values: ['*'] }] }, ['(star*),']],
    ['by EXISTS', { rules: [{ attribute: 'jpegPhoto', operator: 'EXISTS', values: [] }] }, ['Bytes']],
    [
      'by NOT_EXISTS and NOT_IN together',
      {
        rules: [
          { attribute: 'mail', operator: 'NOT_EXISTS', values: [] },
          { attribute: 'cn', operator: 'NOT_IN', values: ['Two', 'Bytes'] },
        ],
      },
      hostileCns,
    ],
    [
      'by NOT_EQUALS or another',
      {
        match: 'ANY',
        filter: '(!(mail=user*))',
        rules: [
          { attribute: 'uid', operator: 'EQUALS', values: ['lang'] },
          { attribute: 'uid', operator: 'ENDS_WITH', values: ['g'] },
        ],
      },
      ['Big', 'Plain'],
    ],
  ])('%s', async (_name, scope, names) => {
    expect(namesOf(await read({ attributes: ['cn'], scope }))).toEqual([...names].sort());
  });

  test('a filter with a mistake is FILTER_REFUSED, with the position', async () => {
    await expect(read({ scope: { filter: '(cn=a' } })).rejects.toMatchObject({
      code: 'FILTER_REFUSED',
      message: expect.stringContaining('character 1'),
    });
  });
});

describe('groups', () => {
  const membersOf = async (groups: string[]): Promise<string[]> =>
    (await read({ attributes: ['cn'], scope: { groups } })).entries
      .filter(({ inGroups }) => inGroups)
      .map(({ name }) => name);

  test.each<[string, string[], string[]]>([
    [
      'by member, as the DNs are meant, not as they are written',
      [`cn=team,ou=groups,${base}`],
      ['Lovelace', 'user0000003'],
    ],
    ['by uniqueMember', [`CN=Unique, ou=groups,${base}`], ['user0000004']],
    ['by memberUid', [`cn=unix,ou=groups,${base}`], ['user0000005', 'user0000006']],
    [
      'in any of several',
      [`cn=unique,ou=groups,${base}`, `cn=unix,ou=groups,${base}`],
      ['user0000004', 'user0000005', 'user0000006'],
    ],
    ['by the name of the group', ['team'], ['Lovelace', 'user0000003']],
  ])('%s', async (_name, groups, members) => {
    const found = await membersOf(groups);
    expect(found).toHaveLength(members.length);
    for (const member of members) expect(found.some((name) => name.includes(member))).toBe(true);
  });

  test('the server filters by memberOf if that agrees with the group', async () => {
    await slapd.add(`cn=fresh,ou=groups,${base}`, {
      objectClass: 'groupOfNames',
      cn: 'fresh',
      member: `uid=user0000007,ou=people,${base}`,
    });
    const { entries } = await read({ scope: { groups: [`cn=fresh,ou=groups,${base}`] } });
    expect(entries.map(({ name }) => name)).toEqual([`uid=user0000007,ou=people,${base}`]);
  });

  test('an unknown group is GROUP_NOT_FOUND', async () => {
    for (const group of [`cn=none,ou=groups,${base}`, 'none']) {
      await expect(read({ scope: { groups: [group] } })).rejects.toMatchObject({
        code: 'GROUP_NOT_FOUND',
        message: expect.stringContaining(group),
      });
    }
  });

  test('a name of several groups is GROUP_NOT_FOUND, and the hint lists them', async () => {
    await expect(read({ scope: { groups: ['unix'] } })).rejects.toMatchObject({
      code: 'GROUP_NOT_FOUND',
      hint: expect.stringContaining('ou=a'),
    });
  });
});

test('people are delivered in the order in which they come, a few at a time, and never while the source must wait', async () => {
  await using large = await startSlapd({ entries: people(1500) });
  let underWay = 0;
  let most = 0;
  const onPage = async (): Promise<void> => {
    most = Math.max(most, ++underWay);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
  };
  const settings = { ...ldapSettings(large), bindDn: large.bindDn, pageSize: 700 };
  const held = await readEverybody(settings, { password: large.bindPassword, onPage });
  expect(most).toBe(1);
  expect(held.pages.length).toBeGreaterThan(3);
  expect(held.summary.complete).toBe(true);
  const whole = await readEverybody({ ...settings, pageSize: 2000 }, { password: large.bindPassword });
  expect(held.entries.map(({ id }) => id)).toEqual(whole.entries.map(({ id }) => id));
  expect(new Set(held.entries.map(({ id }) => id)).size).toBe(1500);
});
