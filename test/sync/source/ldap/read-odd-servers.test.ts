import { describe, expect, test } from '@jest/globals';
import {
  done,
  entry,
  type FakeOptions,
  type FakeSearch,
  type FakeServer,
  farewell,
  reference,
  startFakeServer,
} from '../../../support/ldap-fake-server.ts';
import { ldapSettings, type Reading, type ReadingOptions, readEverybody } from '../../../support/ldap-reading.ts';

const dsa = { supportedControl: ['1.2.840.113556.1.4.319'], supportedExtension: ['1.3.6.1.4.1.4203.1.11.3'] };
const activeDirectory = {
  ...dsa,
  supportedExtension: [],
  forestFunctionality: ['7'],
  dsServiceName: ['CN=NTDS Settings,CN=DC1'],
};

async function read(
  options: FakeOptions,
  reading: ReadingOptions = {},
  changes: Parameters<typeof ldapSettings>[1] = {},
): Promise<Reading & { server: FakeServer }> {
  const server = await startFakeServer(options);
  try {
    const settings = ldapSettings(server, { bindDn: 'cn=reader', ...changes });
    return { ...(await readEverybody(settings, { password: 'secret', ...reading })), server };
  } finally {
    await server.close();
  }
}

const ada = (id: number, attributes: Parameters<typeof entry>[2] = {}): Buffer =>
  entry(id, 'cn=Ada', { entryUUID: 'AB', cn: 'Ada', ...attributes });

/** One page with the answer that the function makes for the request. */
const onePage =
  (make: (search: FakeSearch) => Buffer[]) =>
  (search: FakeSearch): Buffer[] => [...make(search), done(search.id, { cookie: '' })];

test('pages without entries do not end the read while there is a cookie', async () => {
  const pages: Record<string, (id: number) => Buffer[]> = {
    '': (id) => [done(id, { cookie: 'a' })],
    a: (id) => [ada(id), done(id, { cookie: 'b' })],
    b: (id) => [done(id, { cookie: 'c' })],
    c: (id) => [reference(id, ['ldap://b.example.org/dc=b??sub', 'ldap://a.example.org']), done(id, { cookie: 'd' })],
    d: (id) => [entry(id, 'cn=Bob', { entryUUID: 'CD', cn: 'Bob' }), done(id, { cookie: '' })],
  };
  const { entries, summary, server } = await read({ search: ({ id, cookie }) => pages[cookie]?.(id) ?? [] });
  expect(entries.map(({ name }) => name)).toEqual(['cn=Ada', 'cn=Bob']);
  expect(summary).toMatchObject({ complete: true, referrals: ['ldap://a.example.org', 'ldap://b.example.org/dc=b'] });
  expect(
    server.searches.filter(({ scope }) => scope === 2).every(({ critical, pageSize }) => critical && pageSize !== null),
  ).toBe(true);
});

describe('references at the root of a domain', () => {
  const own = [
    'ldap://example.org/CN=Configuration,DC=example,DC=org',
    'ldap://example.org/CN=Schema,CN=Configuration,DC=example,DC=org',
    'ldap://DomainDnsZones.example.org:389/DC=DomainDnsZones,DC=example,DC=org',
    'ldap://ForestDnsZones.example.org/dc=forestdnszones,%44C=example,DC=org??sub',
  ];
  const domain = 'ldap://emea.example.org/DC=emea,DC=example,DC=org';
  const search = onePage(({ id }) => [...own, domain].map((url) => reference(id, [url])));

  test('references to settings and DNS zones of Active Directory do not mean missing people; one to another domain does', async () => {
    const { summary } = await read({ rootDse: activeDirectory, search });
    expect(summary).toMatchObject({ complete: true, referrals: [domain] });
    expect(summary.notes).toMatchObject([
      { level: 'WARN', code: 'REFERRAL', message: expect.stringContaining(domain) },
      { level: 'DEBUG', code: 'REFERRAL', message: expect.stringContaining('CN=Configuration,DC=example,DC=org') },
    ]);
    expect(summary.notes[0]?.message).toContain('global catalog');
    expect(summary.notes[0]?.message).not.toMatch(/zones|configuration|schema/i);
  });

  test.each([
    ['below a unit', 'ldap://x/DC=DomainDnsZones,OU=people,DC=example,DC=org'],
    ['without a domain', 'ldap://x/CN=Configuration'],
    ['with a DN that can not be decoded', 'ldap://x/CN=Configuration,DC=%ff'],
    ['without a DN', 'ldap://configuration.example.org'],
  ])('a place of such a name %s may contain people', async (_, url) => {
    const { summary } = await read({
      rootDse: activeDirectory,
      search: onePage(({ id }) => [reference(id, [url])]),
    });
    expect(summary.referrals).toHaveLength(1);
  });

  test('references of another kind of server always mean missing people', async () => {
    const { summary } = await read({ rootDse: dsa, search });
    expect(summary.referrals).toHaveLength(5);
    expect(summary.notes).toMatchObject([{ level: 'WARN', message: expect.not.stringContaining('global catalog') }]);
  });
});

test('a server that answers without paging gives no complete read', async () => {
  const { entries, summary } = await read({ search: ({ id }) => [ada(id), done(id)] });
  expect(entries).toHaveLength(1);
  expect(summary).toMatchObject({ complete: false, because: expect.stringContaining('paging') });
});

test('another account at the end gives no complete read', async () => {
  let asked = 0;
  const whoAmI = (): string => (asked++ === 0 ? 'dn:cn=reader' : '');
  const { summary } = await read({ whoAmI, search: onePage(({ id }) => [ada(id)]) });
  expect(summary).toMatchObject({ complete: false, because: expect.stringContaining('account') });
});

test('another server at the end gives no complete read', async () => {
  const rootDse = { ...activeDirectory };
  const search = onePage(({ id }) => {
    rootDse.dsServiceName = ['CN=NTDS Settings,CN=DC2'];
    return [entry(id, 'cn=Ada', { objectGUID: Buffer.alloc(16, 1) })];
  });
  const { summary } = await read({ rootDse, search });
  expect(summary).toMatchObject({ complete: false, because: expect.stringContaining('server') });
});

test('a whoami that is answered with a protocol error is no problem', async () => {
  const { summary } = await read({ whoAmI: () => 2, search: onePage(({ id }) => [ada(id)]) });
  expect(summary.complete).toBe(true);
});

describe('results of a search become errors', () => {
  test.each([
    [3, '', 'TIME_LIMIT'],
    [4, '', 'SIZE_LIMIT'],
    [11, 'look-through limit exceeded', 'SIZE_LIMIT'],
    [11, 'pagedResults control not allowed', 'PAGING_REFUSED'],
    [12, '', 'PAGING_REFUSED'],
    [32, '', 'BASE_DN_NOT_FOUND'],
    [51, '', 'SERVER_BUSY'],
    [52, '', 'SERVER_BUSY'],
    [80, 'internal error', 'INCOMPLETE_READ'],
    [50, '', 'INCOMPLETE_READ'],
    [18, 'inappropriate matching', 'FILTER_REFUSED'],
    [87, '', 'FILTER_REFUSED'],
    [1, '000004DC: LdapErr: In order to perform this operation a successful bind must be completed', 'BIND_REFUSED'],
    [1, '00002020: Operation unavailable without authentication', 'BIND_REFUSED'],
    [8, 'authentication required', 'BIND_REFUSED'],
    [48, 'Anonymous access is not allowed.', 'BIND_REFUSED'],
    [13, 'confidentiality required', 'INCOMPLETE_READ'],
    [1, 'some other trouble', 'INCOMPLETE_READ'],
  ])('%i "%s" is %s', async (code, message, expected) => {
    await expect(read({ search: ({ id }) => [done(id, { code, message })] })).rejects.toMatchObject({
      code: expected,
      hint: expect.any(String),
    });
  });

  test.each<[FakeOptions['rootDse'], number, string, string[]]>([
    [{ ...dsa, vendorName: ['389 Project'] }, 4, 'SIZE_LIMIT', ['nsPagedSizeLimit', 'nsslapd-pagedsizelimit']],
    [
      { ...dsa, vendorName: ['389 Project'] },
      11,
      'SIZE_LIMIT',
      ['nsPagedLookThroughLimit', 'nsslapd-pagedlookthroughlimit', 'nsslapd-pagedidlistscanlimit'],
    ],
    [{ ...dsa, ipaDomainLevel: ['1'] }, 4, 'SIZE_LIMIT', ['nsPagedSizeLimit']],
    [{ ...dsa, objectClass: ['OpenLDAProotDSE'] }, 4, 'SIZE_LIMIT', ['size.prtotal=unlimited']],
    [dsa, 4, 'SIZE_LIMIT', ['nsPagedSizeLimit', 'size=unlimited']],
  ])("%j: result %i says %s, in the terms of this server's limits", async (rootDse, code, expected, names) => {
    const error = await read({ rootDse, search: ({ id }) => [done(id, { code })] }).catch((reason) => reason);
    expect(error).toMatchObject({ code: expected });
    for (const name of names) expect(error.hint).toContain(name);
  });

  test('also in the middle, after people were delivered', async () => {
    const pages: unknown[] = [];
    const search = ({ id, cookie, pageSize }: FakeSearch): Buffer[] =>
      cookie === '' ? [ada(id), done(id, { cookie: pageSize === 10 ? '' : 'more' })] : [ada(id), done(id, { code: 4 })];
    await expect(read({ search }, { onPage: (page) => void pages.push(page) })).rejects.toMatchObject({
      code: 'SIZE_LIMIT',
    });
    expect(pages).toHaveLength(1);
  });
});

test("a notice of disconnection is reported in the server's words", async () => {
  await expect(read({ search: () => [farewell({ code: 52, message: 'shutting down' })] })).rejects.toMatchObject({
    code: 'SERVER_BUSY',
    message: expect.stringContaining('shutting down'),
  });
});

test('ranges are read until the last one', async () => {
  const addresses = ['1', '2', '3', '4', '5'];
  const options: FakeOptions = {
    rootDse: activeDirectory,
    base: ({ id, attributes, baseDn }) => {
      const from = Number(/range=(\d+)/.exec(attributes[0] ?? '')?.[1] ?? Number.NaN);
      if (Number.isNaN(from)) return [entry(id, baseDn, {}), done(id)];
      const name =
        from + 2 >= addresses.length ? `proxyAddresses;range=${from}-*` : `proxyAddresses;range=${from}-${from + 1}`;
      return [entry(id, baseDn, { [name]: addresses.slice(from, from + 2) }), done(id)];
    },
    search: onePage(({ id }) => [
      entry(id, 'CN=Ada', {
        objectGUID: Buffer.alloc(16, 1),
        proxyAddresses: [],
        'proxyAddresses;range=0-1': ['1', '2'],
      }),
    ]),
  };
  const { entries } = await read(options, { attributes: ['cn', 'proxyAddresses'] });
  expect(entries[0]?.attributes).toEqual([undefined, addresses]);
});

describe('large pages', () => {
  const nameOf = (i: number): string => `CN=Person ${i}`;
  const members = (id: number, from: number, count: number, attributes: (i: number) => object): Buffer =>
    Buffer.concat(
      Array.from({ length: count }, (_, k) => {
        const guid = Buffer.alloc(16);
        guid.writeUInt32BE(from + k);
        return entry(id, nameOf(from + k), { objectGUID: guid, ...attributes(from + k) });
      }),
    );
  /** Two pages of so many people. */
  const twoPages =
    (count: number, attributes: (i: number) => object) =>
    ({ id, cookie }: FakeSearch): Buffer[] =>
      cookie === ''
        ? [Buffer.concat([members(id, 0, count, attributes), done(id, { cookie: 'more' })])]
        : [Buffer.concat([members(id, count, count, attributes), done(id, { cookie: '' })])];
  const namesOf = (count: number): string[] => Array.from({ length: count }, (_, i) => nameOf(i));

  test.each([
    ['small', 10],
    ['large', 10_000],
  ])('the next page is requested while most people of this one, with %s values, still wait', async (_, length) => {
    const pages = twoPages(1500, (i) => ({ cn: String(i).padEnd(length, '.') }));
    let delivered = 0;
    const deliveredWhenAsked: number[] = [];
    const search = (asked: FakeSearch): Buffer[] => {
      deliveredWhenAsked.push(delivered);
      return pages(asked);
    };
    const onPage = (entries: readonly unknown[]): void => {
      delivered += entries.length;
    };
    const { entries, summary } = await read({ rootDse: activeDirectory, search }, { onPage });
    expect(entries.map(({ name }) => name)).toEqual(namesOf(3000));
    expect(entries.every(({ attributes: [cn] }, i) => cn === String(i).padEnd(length, '.'))).toBe(true);
    expect(summary.complete).toBe(true);
    if (length < 100) expect(deliveredWhenAsked.at(-1)).toBeLessThan(1000);
  });

  test('attributes that come in parts are read to the last one, wherever their people are', async () => {
    const attributes = (i: number) => (i % 7 === 0 ? { 'member;range=0-0': [`${i}`] } : { member: [`${i}`] });
    const base = ({ id, baseDn, attributes: [asked] }: FakeSearch): Buffer[] => [
      entry(id, baseDn, asked === 'member;range=1-*' ? { 'member;range=1-*': [`rest of ${baseDn}`] } : {}),
      done(id),
    ];
    const options = { rootDse: activeDirectory, base, search: twoPages(500, attributes) };
    const { entries, pages } = await read(options, { attributes: ['member'] });
    expect(pages.length).toBeGreaterThan(4);
    expect(entries.map(({ name }) => name)).toEqual(namesOf(1000));
    expect(entries.map(({ attributes: [member] }) => member)).toEqual(
      namesOf(1000).map((name, i) => (i % 7 === 0 ? [`${i}`, `rest of ${name}`] : `${i}`)),
    );
  });

  test.each(['', 'more'])(
    'an entry that is no entry, far behind on the page with the cookie "%s", is INVALID_RESPONSE',
    async (broken) => {
      const whole = twoPages(500, () => ({}));
      const search = (asked: FakeSearch): Buffer[] => {
        const [page = Buffer.alloc(0)] = whole(asked);
        if (asked.cookie !== broken) return [page];
        const at = page.indexOf(`Person ${broken === '' ? 450 : 950}`);
        // The length of the name now reaches past the end of the entry.
        page[at - 'CN='.length - 1] = 0x7f;
        return [page];
      };
      let delivered = 0;
      const onPage = (entries: readonly unknown[]): void => {
        delivered += entries.length;
      };
      await expect(read({ rootDse: activeDirectory, search }, { onPage })).rejects.toMatchObject({
        code: 'INVALID_RESPONSE',
      });
      expect(delivered).toBeLessThan(broken === '' ? 450 : 950);
    },
  );
});

describe('Active Directory', () => {
  const account = (id: number, name: string, guid: string, attributes: Parameters<typeof entry>[2]): Buffer =>
    entry(id, `CN=${name},DC=example,DC=org`, { cn: name, objectGUID: Buffer.from(guid, 'hex'), ...attributes });

  test('people are identified by objectGUID, and disabled ones and machines are marked', async () => {
    const search = onePage(({ id }) => [
      account(id, 'Ada', '33221100554477668899aabbccddeeff', { userAccountControl: '512', sAMAccountName: 'ada' }),
      account(id, 'Bob', '61626364656667686970717273747576', { userAccountControl: '514', sAMAccountName: 'bob' }),
      account(id, 'PC', 'ffffffffffffffffffffffffffffffff', { userAccountControl: '4096', sAMAccountName: 'PC$' }),
    ]);
    const { entries, session } = await read({ rootDse: activeDirectory, search });
    expect(session.server).toContain('Active Directory');
    expect(entries.map(({ id, disabled, notAPerson }) => [id, disabled, notAPerson])).toEqual([
      ['00112233-4455-6677-8899-aabbccddeeff', false, false],
      ['64636261-6665-6867-6970-717273747576', true, false],
      ['ffffffff-ffff-ffff-ffff-ffffffffffff', false, true],
    ]);
  });

  test.each([
    [{ ...dsa, vendorName: ['Samba Team (https://www.samba.org)'], forestFunctionality: ['4'] }, 'Samba AD'],
    [{ ...dsa, vendorName: ['389 Project'], vendorVersion: ['389-Directory/2.3.1'] }, '389 Directory Server'],
    [{ ...dsa, vendorName: ['389 Project'], ipaDomainLevel: ['1'] }, 'FreeIPA'],
    [{ ...dsa, vendorName: ['NetIQ Corporation'] }, 'eDirectory'],
    [{ ...dsa, objectClass: ['top', 'OpenLDAProotDSE'] }, 'OpenLDAP'],
    [{ ...dsa, vendorName: ['Oracle Corporation'] }, 'Oracle Corporation'],
    [dsa, 'LDAP server'],
  ])('and other servers are distinguished by their rootDSE: %j', async (rootDse, label) => {
    const search = onePage(({ id, attributes }) => [
      entry(id, 'cn=Ada', { [attributes.find((name) => /guid|uuid|uniqueid/i.test(name)) ?? '']: 'x'.repeat(16) }),
    ]);
    const { session } = await read({ rootDse, search });
    expect(session.server).toContain(`(${label})`);
  });
});

test('eDirectory and 389 Directory Server have other ids', async () => {
  const guid = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
  const edirectory = await read({
    rootDse: { ...dsa, vendorName: ['NetIQ'] },
    search: onePage(({ id }) => [entry(id, 'cn=Ada', { GUID: guid, loginDisabled: 'TRUE' })]),
  });
  expect(edirectory.entries).toMatchObject([{ id: '00112233-4455-6677-8899-aabbccddeeff', disabled: true }]);
  const ds389 = await read({
    rootDse: { ...dsa, vendorName: ['389 Project'] },
    search: onePage(({ id }) => [
      entry(id, 'uid=ada', { nsuniqueid: 'e3acff9c-5eaf11f0-b0b9d4d1-5dd3a5b1', nsAccountLock: 'true' }),
    ]),
  });
  expect(ds389.entries).toMatchObject([{ id: 'e3acff9c-5eaf11f0-b0b9d4d1-5dd3a5b1', disabled: true }]);
});
