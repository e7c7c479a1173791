import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { type Answer, type Data, startApi, type TestApi } from '../support/api.ts';
import { makeCertificate } from '../support/ldap-certificates.ts';

let api: TestApi;

beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

const create = `mutation ($input: CreateConnectionInput!) {
  createConnection(input: $input) { connection { ...all } userErrors { field code message } }
}`;
const update = `mutation ($id: ID!, $input: UpdateConnectionInput!, $expectedVersion: Int) {
  updateConnection(id: $id, input: $input, expectedVersion: $expectedVersion) { connection { ...all } userErrors { field code message } }
}`;
const probe = `mutation ($id: ID, $source: SourceInput) {
  testConnection(connectionId: $id, source: $source) { result { ok code message hint } userErrors { field code message } }
}`;
const all = `fragment all on Connection {
  continuous fullEvery watch { watching since lastChangeAt error { code message hint } }
  id name description status kind priority matchBy version createdBy { kind id name } createdAt updatedAt nextRunAt contactCount
  source { ... on LdapSettings { urls domain startTls tlsCa tlsVerify tlsCert hasTlsKey bindDn hasBindPassword baseDns pageSize timeoutSeconds idAttribute } }
  scope { groups nestedGroups excludeGroups excludeBaseDns match rules { attribute operator values } filter includeDisabled requireEmail }
  mappings { field label attributes template value transforms policy whenEmpty }
  removal { action graceDays maxPercent maxCount maxEmptiedPercent }
  schedule { cron timeZone nextTimes(count: 2) }
}`;

const ldap = { urls: ['ldap://ldap.example.org'], baseDns: ['dc=example,dc=org'] };
const input = { name: 'Directory', source: { ldap } };

async function created(changes: object = {}): Promise<Data> {
  const { createConnection } = await api.ask(`${create} ${all}`, { input: { ...input, ...changes } });
  expect(createConnection.userErrors).toEqual([]);
  return createConnection.connection;
}

async function updated(id: string, changes: object): Promise<Data> {
  const { updateConnection } = await api.ask(`${update} ${all}`, { id, input: changes });
  expect(updateConnection.userErrors).toEqual([]);
  return updateConnection.connection;
}

async function refusedUpdate(id: string, changes: object): Promise<Data> {
  const { updateConnection } = await api.ask(`${update} ${all}`, { id, input: changes });
  expect(updateConnection.connection).toBeNull();
  return updateConnection.userErrors;
}

describe('creating a connection', () => {
  test('fills in the defaults of its kind', async () => {
    const connection = await created({
      name: '  Directory ',
      status: null,
      scope: null,
      removal: null,
      priority: null,
    });
    const { sourceKinds } = await api.ask(
      '{ sourceKinds { kind label description settings { name label help type required advanced default options } defaultScope { match groups } defaultMappings { field label attributes template value transforms policy whenEmpty } } }',
    );
    expect(sourceKinds.map((one: Data) => one.kind)).toEqual(['LDAP', 'ACTIVE_DIRECTORY', 'CSV']);
    expect(connection).toMatchObject({
      name: 'Directory',
      description: '',
      status: 'DRAFT',
      kind: 'LDAP',
      priority: 100,
      matchBy: 'PRIMARY_EMAIL',
      version: 1,
      createdBy: { kind: 'MEMBER', id: 'person-1', name: 'Ada Lovelace' },
      nextRunAt: null,
      contactCount: 0,
      source: { ...ldap, startTls: false, tlsVerify: true, bindDn: null, hasBindPassword: false, pageSize: 1000 },
      scope: {
        groups: [],
        nestedGroups: false,
        excludeGroups: [],
        excludeBaseDns: [],
        match: 'ALL',
        rules: [],
        filter: null,
      },
      removal: { action: 'DEACTIVATE', graceDays: 0, maxPercent: 10, maxCount: null, maxEmptiedPercent: 30 },
      schedule: null,
      continuous: false,
      fullEvery: 24,
      watch: null,
    });
    expect(connection.mappings).toEqual(sourceKinds[0].defaultMappings);
    expect(connection.createdAt).toMatch(/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$/);
  });

  test('keeps a flavour, and starts with its default mapping when no mapping is given', async () => {
    const source = '{ source { ... on LdapSettings { flavour } } mappings { field attributes } id }';
    const make = (flavour?: string) =>
      api.ask(`mutation($input: CreateConnectionInput!) { createConnection(input: $input) { connection ${source} } }`, {
        input: { name: 'Directory', source: { ldap: { ...ldap, flavour } } },
      });
    const attributesOf = ({ mappings }: Data, field: string) =>
      mappings.find((mapping: Data) => mapping.field === field)?.attributes;
    const { connection: plain } = (await make()).createConnection;
    expect(plain.source.flavour).toBe('AUTO');
    expect(attributesOf(plain, 'DEPARTMENT')).toEqual(['departmentNumber', 'ou', 'department']);
    const { connection: samba } = (await make('SAMBA')).createConnection;
    expect(samba.source.flavour).toBe('SAMBA');
    expect(attributesOf(samba, 'DEPARTMENT')).toEqual(['department']);

    const change = (input: Data) =>
      api.ask(
        `mutation($id: ID!, $input: UpdateConnectionInput!) { updateConnection(id: $id, input: $input) { connection ${source} } }`,
        { id: samba.id, input },
      );
    const edited = (await change({ source: { ldap: { flavour: 'EDIRECTORY' } } })).updateConnection.connection;
    expect(edited.source.flavour).toBe('EDIRECTORY');
    expect(attributesOf(edited, 'DEPARTMENT')).toEqual(['department']);
    const reset = (await change({ source: { ldap: { flavour: null } }, mappings: null })).updateConnection.connection;
    expect(reset.source.flavour).toBe('AUTO');
    expect(attributesOf(reset, 'DEPARTMENT')).toEqual(['departmentNumber', 'ou', 'department']);
  });

  test('shows the next times of a schedule, if the connection is Enabled', async () => {
    const schedule = { cron: '0 3 * * *', timeZone: 'Europe/Berlin' };
    const connection = await created({ schedule, status: 'ENABLED' });
    expect(connection.schedule).toMatchObject(schedule);
    expect(connection.nextRunAt).toBe(connection.schedule.nextTimes[0]);
    expect((await updated(connection.id, { status: 'DRAFT' })).nextRunAt).toBeNull();
    expect((await updated(connection.id, { schedule: null })).schedule).toBeNull();
  });

  test('takes from one hour to a year as the time after which everybody is read again', async () => {
    const { id, fullEvery } = await created({ fullEvery: 8760 });
    expect(fullEvery).toBe(8760);
    expect((await updated(id, { fullEvery: 1 })).fullEvery).toBe(1);
    expect((await updated(id, { name: 'Another' })).fullEvery).toBe(1);
    expect((await updated(id, { fullEvery: null })).fullEvery).toBe(24);
    for (const outOfRange of [0, -1, 8761]) {
      const { updateConnection } = await api.ask(`${update} ${all}`, {
        id,
        input: { fullEvery: outOfRange },
      });
      expect(updateConnection).toMatchObject({
        connection: null,
        userErrors: [{ field: ['input', 'fullEvery'], code: 'OUT_OF_RANGE' }],
      });
    }
  });

  test("can be continuous, unless its kind of source can't be watched", async () => {
    const connection = await created({ continuous: true });
    expect(connection).toMatchObject({
      continuous: true,
      watch: { watching: false, since: null, lastChangeAt: null, error: null },
    });
    expect(await updated(connection.id, { continuous: null })).toMatchObject({ continuous: false, watch: null });
    const { createConnection } = await api.ask(`${create} ${all}`, {
      input: { name: 'File', source: { csv: { idColumn: 'Id' } }, continuous: true },
    });
    expect(createConnection).toMatchObject({
      connection: null,
      userErrors: [{ field: ['input', 'continuous'], code: 'NOT_SUPPORTED' }],
    });
  });

  test('reports all mistakes at once, each with its path, and saves nothing', async () => {
    const before = (await api.ask('{ connections { totalCount } }')).connections.totalCount;
    const { createConnection } = await api.ask(`${create} ${all}`, {
      input: {
        name: '   ',
        source: { ldap: { urls: ['ftp://example.org'], baseDns: ['nonsense'] } },
        scope: { filter: '(cn=', excludeGroups: ['cn=a,,dc=x'], excludeBaseDns: ['nonsense'] },
        mappings: [{ field: 'PRIMARY_EMAIL' }],
        removal: { graceDays: -1, maxEmptiedPercent: 101 },
        schedule: { cron: 'nonsense', timeZone: 'Europe/Berlin' },
      },
    });
    expect(createConnection.connection).toBeNull();
    const paths = createConnection.userErrors.map((error: Data) => error.field.join('.'));
    expect(paths).toEqual(
      expect.arrayContaining([
        'input.name',
        'input.source.ldap.urls.0',
        'input.source.ldap.baseDns.0',
        'input.scope.filter',
        'input.scope.excludeGroups.0',
        'input.scope.excludeBaseDns.0',
        'input.removal.graceDays',
        'input.removal.maxEmptiedPercent',
        'input.schedule.cron',
      ]),
    );
    expect(paths.some((path: string) => path.startsWith('input.mappings.0'))).toBe(true);
    expect((await api.ask('{ connections { totalCount } }')).connections.totalCount).toBe(before);
  });

  test('takes exactly one kind of source, whether as literal or variable', async () => {
    const both = { ldap, activeDirectory: ldap };
    expect((await api.request(`${create} ${all}`, { input: { ...input, source: both } })).errors).toHaveLength(1);
    expect((await api.request(`${create} ${all}`, { input: { ...input, source: {} } })).errors).toHaveLength(1);
    const literal = 'mutation { testConnection(source: { ldap: {}, activeDirectory: {} }) { result { ok } } }';
    expect((await api.request(literal)).errors?.[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect((await created({ source: { activeDirectory: ldap } })).kind).toBe('ACTIVE_DIRECTORY');
  });

  test('refuses a name that is too long', async () => {
    const { createConnection } = await api.ask(`${create} ${all}`, { input: { ...input, name: 'x'.repeat(201) } });
    expect(createConnection.userErrors).toMatchObject([{ field: ['input', 'name'], code: 'TOO_LONG' }]);
  });

  test('refuses names that do not fit on one line, and takes descriptions of several', async () => {
    const names = ['Head\noffice', 'Head\u001b[31moffice', 'Head\u2028office', 'Head\u009foffice', 'Head\u202eoffice'];
    for (const name of names) {
      const { createConnection } = await api.ask(`${create} ${all}`, { input: { ...input, name } });
      expect(createConnection.userErrors).toMatchObject([{ field: ['input', 'name'], code: 'INVALID_TEXT' }]);
    }
    const unseen = await api.ask(`${create} ${all}`, { input: { ...input, name: '\u200b\u2060' } });
    expect(unseen.createConnection.userErrors).toMatchObject([{ field: ['input', 'name'], code: 'REQUIRED' }]);
    const bell = await api.ask(`${create} ${all}`, { input: { ...input, description: 'a\u0007' } });
    expect(bell.createConnection.userErrors).toMatchObject([{ field: ['input', 'description'], code: 'INVALID_TEXT' }]);
    expect(await created({ name: '\tHead office\n', description: 'One.\n\tTwo.' })).toMatchObject({
      name: 'Head office',
      description: 'One.\n\tTwo.',
    });
  });

  test('refuses control characters in groups, DNs and addresses', async () => {
    const source = {
      ldap: { ...ldap, urls: ['ldap://a\u0001b'], baseDns: ['dc=a\nb'], bindDn: 'cn=\u0007', bindPassword: 'x' },
    };
    const scope = { groups: ['cn=a\r\nb', 'staff\t'], rules: [{ attribute: 'l\n', operator: 'EXISTS' }] };
    const { createConnection } = await api.ask(`${create} ${all}`, { input: { ...input, source, scope } });
    expect(
      createConnection.userErrors.map(
        ({ field, code }: { field: string[]; code: string }) => `${field?.slice(1).join('.')} ${code}`,
      ),
    ).toEqual([
      'source.ldap.urls.0 INVALID_URL',
      'source.ldap.baseDns.0 INVALID_DN',
      'source.ldap.bindDn INVALID_DN',
      'scope.groups.0 INVALID_GROUP',
      'scope.groups.1 INVALID_GROUP',
      'scope.rules.0.attribute INVALID_ATTRIBUTE',
    ]);
  });

  test('refuses an hour that does not exist, and says so', async () => {
    const schedule = { cron: '0 24 * * *', timeZone: 'UTC' };
    const { createConnection } = await api.ask(`${create} ${all}`, { input: { ...input, schedule } });
    expect(createConnection.userErrors).toEqual([
      { field: ['input', 'schedule', 'cron'], code: 'INVALID_CRON', message: expect.stringMatching(/hour/) },
    ]);
  });

  test.each(['\0', '\ud800'])("names the text that contains %j, which can't be stored", async (character) => {
    const rules = [{ attribute: 'l', operator: 'EQUALS', values: [`Ber${character}lin`] }];
    const { createConnection } = await api.ask(`${create} ${all}`, {
      input: { ...input, name: `Head${character}office`, scope: { rules } },
    });
    expect(createConnection.connection).toBeNull();
    expect(createConnection.userErrors).toMatchObject([
      { field: ['input', 'name'], code: 'INVALID_TEXT' },
      { field: ['input', 'scope', 'rules', '0', 'values', '0'], code: 'INVALID_TEXT' },
    ]);
  });
});

describe('updating a connection', () => {
  test('keeps members that are left out, merges objects, replaces lists, and restores defaults for null', async () => {
    const before = await created({
      description: 'All of us',
      scope: {
        filter: '(mail=*)',
        rules: [{ attribute: 'l', operator: 'EQUALS', values: ['Berlin'] }],
        requireEmail: true,
      },
      removal: { graceDays: 3, maxPercent: 25, maxCount: 4 },
      mappings: [{ field: 'DISPLAY_NAME', attributes: ['cn'] }],
      priority: 5,
      matchBy: 'EXTERNAL_ID_ONLY',
      source: { ldap: { ...ldap, pageSize: 200, bindDn: 'cn=reader,dc=example,dc=org', bindPassword: 'secret' } },
    });
    expect(await updated(before.id, {})).toEqual(before);
    const merged = await updated(before.id, {
      scope: { rules: [] },
      removal: { graceDays: 5 },
      source: { ldap: { pageSize: 300 } },
    });
    expect(merged).toEqual({
      ...before,
      version: 2,
      updatedAt: merged.updatedAt,
      scope: { ...before.scope, rules: [] },
      removal: { ...before.removal, graceDays: 5 },
      source: { ...before.source, pageSize: 300 },
    });
    const restored = await updated(before.id, {
      description: null,
      scope: { filter: null, requireEmail: null },
      removal: null,
      mappings: null,
      priority: null,
      matchBy: null,
      source: { ldap: { pageSize: null, bindDn: null, bindPassword: null } },
    });
    expect(restored).toMatchObject({
      description: '',
      priority: 100,
      matchBy: 'PRIMARY_EMAIL',
      scope: { filter: null, requireEmail: false },
      removal: { action: 'DEACTIVATE', graceDays: 0, maxPercent: 10, maxCount: null, maxEmptiedPercent: 30 },
      source: { pageSize: 1000, bindDn: null, hasBindPassword: false },
    });
    expect(restored.mappings.length).toBeGreaterThan(5);
  });

  test('switches the limit on emptied fields off by null; left out, it stays, and the default policy has it', async () => {
    const limit = async (id: string, removal: object | null) =>
      (await updated(id, { removal })).removal.maxEmptiedPercent;
    const { id, removal } = await created({ removal: { maxEmptiedPercent: null } });
    expect(removal).toMatchObject({ action: 'DEACTIVATE', maxPercent: 10, maxEmptiedPercent: null });
    expect(await limit(id, { graceDays: 1 })).toBeNull();
    expect(await limit(id, { maxEmptiedPercent: 0 })).toBe(0);
    expect(await limit(id, { maxPercent: null })).toBe(0);
    expect(await limit(id, { maxEmptiedPercent: null, action: null })).toBeNull();
    expect(await limit(id, null)).toBe(30);
    for (const maxEmptiedPercent of [-1, 101]) {
      expect(await refusedUpdate(id, { removal: { maxEmptiedPercent } })).toEqual([
        expect.objectContaining({ field: ['input', 'removal', 'maxEmptiedPercent'], code: 'OUT_OF_RANGE' }),
      ]);
    }
  });

  test('raises the version only when something changes', async () => {
    const { id } = await created();
    expect((await updated(id, { name: 'Directory' })).version).toBe(1);
    expect((await updated(id, { name: 'Other' })).version).toBe(2);
  });

  test('answers CONFLICT with the current version when somebody else has saved before', async () => {
    const { id } = await created();
    await updated(id, { name: 'Other' });
    const { data, errors } = await api.request(`${update} ${all}`, {
      id,
      input: { name: 'Third' },
      expectedVersion: 1,
    });
    expect(data).toEqual({ updateConnection: null });
    expect(errors?.[0]).toMatchObject({
      path: ['updateConnection'],
      extensions: { code: 'CONFLICT', currentVersion: 2 },
    });
    expect((await api.ask('query ($id: ID!) { connection(id: $id) { name } }', { id })).connection.name).toBe('Other');
  });

  test('refuses another kind of source, no source and no name', async () => {
    const { id } = await created();
    expect(await refusedUpdate(id, { source: { activeDirectory: { pageSize: 5 } } })).toMatchObject([
      { field: ['input', 'source', 'activeDirectory'], code: 'KIND_CANNOT_CHANGE' },
    ]);
    expect((await refusedUpdate(id, { source: null }))[0]).toMatchObject({
      field: ['input', 'source'],
      code: 'REQUIRED',
    });
    expect(await refusedUpdate(id, { name: null })).toMatchObject([{ field: ['input', 'name'], code: 'REQUIRED' }]);
    expect(await refusedUpdate(id, { scope: { excludeBaseDns: ['ou=people,dc=elsewhere'] } })).toMatchObject([
      { field: ['input', 'scope', 'excludeBaseDns', '0'], code: 'CONTRADICTION' },
    ]);
  });

  test('of an unknown one is NOT_FOUND', async () => {
    const { errors } = await api.request(`${update} ${all}`, { id: 'nonsense', input: {} });
    expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });
});

describe('a client certificate', () => {
  const { cert, key } = makeCertificate({ commonName: 'reader' });
  const other = makeCertificate({ commonName: 'other' });
  const source = { urls: ['ldaps://ldap.example.org'], baseDns: ['dc=example,dc=org'], tlsCert: cert, tlsKey: key };
  const wanted = (...names: string[]) =>
    names.map((name) => expect.objectContaining({ field: ['input', 'source', 'ldap', name], code: 'SECRET_REQUIRED' }));

  test('is shown, and its key is not', async () => {
    const connection = await created({ source: { ldap: source } });
    expect(connection.source).toMatchObject({ tlsCert: cert, hasTlsKey: true, hasBindPassword: false });
    expect(JSON.stringify(connection)).not.toContain(key.split('\n')[1]);
    const removed = await updated(connection.id, { source: { ldap: { tlsCert: null, tlsKey: null } } });
    expect(removed.source).toMatchObject({ tlsCert: null, hasTlsKey: false });
  });

  test('must be given again with its key, and with the password, when one of them would be sent elsewhere', async () => {
    const account = { bindDn: 'cn=reader,dc=example,dc=org', bindPassword: 'correct horse' };
    const { id } = await created({ source: { ldap: { ...source, ...account } } });
    const both = wanted('bindPassword', 'tlsKey');
    const change = (ldap: object) => refusedUpdate(id, { source: { ldap } });
    expect(await change({ urls: ['ldaps://attacker.example.org'] })).toEqual(both);
    expect(await change({ urls: null, domain: 'attacker.example.org' })).toEqual(both);
    expect(await change({ tlsCert: other.cert })).toEqual(both);
    expect(await change({ tlsCert: other.cert, tlsKey: other.key })).toEqual(wanted('bindPassword'));
    expect(await change({ tlsCert: other.cert, bindPassword: 'new' })).toEqual(wanted('tlsKey'));
    const all = { urls: null, domain: 'example.org', tlsCert: other.cert, tlsKey: other.key, bindPassword: 'new' };
    expect((await updated(id, { source: { ldap: all } })).source).toMatchObject({
      urls: [],
      domain: 'example.org',
      tlsCert: other.cert,
      hasTlsKey: true,
    });
    expect((await updated(id, { source: { ldap: { pageSize: 10 } } })).source).toMatchObject({ hasTlsKey: true });
  });

  test('that does not belong to its key is refused when saved or tested, and the key is never shown', async () => {
    const refused = [{ code: 'INVALID_PEM', message: expect.stringContaining('does not belong') }];
    const wrong = { ...source, tlsKey: other.key };
    const { data } = await api.request(`${create} ${all}`, { input: { ...input, source: { ldap: wrong } } });
    expect(data?.createConnection).toMatchObject({ connection: null, userErrors: refused });
    expect(JSON.stringify(data)).not.toContain(other.key.split('\n')[1]);
    expect((await api.ask(probe, { source: { ldap: wrong } })).testConnection).toMatchObject({
      result: null,
      userErrors: refused,
    });
    const { id } = await created({ source: { ldap: source } });
    expect(await refusedUpdate(id, { source: { ldap: { tlsKey: other.key } } })).toMatchObject(refused);
  });

  test('is needed again by an ENABLED connection that loses the key', async () => {
    const { id } = await created({ status: 'ENABLED', source: { ldap: source } });
    expect(await refusedUpdate(id, { source: { ldap: { tlsKey: null } } })).toEqual(wanted('tlsKey'));
    expect((await updated(id, { status: 'DRAFT', source: { ldap: { tlsKey: null } } })).source.hasTlsKey).toBe(false);
  });
});

describe('a domain', () => {
  test('stands in the place of URLs, not beside them', async () => {
    const connection = await created({ source: { ldap: { domain: 'corp.example.com', baseDns: ['dc=x'] } } });
    expect(connection.source).toMatchObject({ urls: [], domain: 'corp.example.com' });
    const refused = async (ldap: object) => {
      const { createConnection } = await api.ask(`${create} ${all}`, {
        input: { name: 'Directory', source: { ldap: { baseDns: ['dc=x'], ...ldap } } },
      });
      return createConnection.userErrors.map(({ field, code }: Data) => `${field.at(-1)} ${code}`);
    };
    expect(await refused({})).toEqual(['urls REQUIRED']);
    expect(await refused({ domain: '  ' })).toEqual(['urls REQUIRED']);
    expect(await refused({ domain: 'a.example', urls: ['ldap://b'] })).toEqual(['domain CONTRADICTION']);
    for (const domain of [
      'ldap://a.example',
      'a b',
      'a..example',
      '10.0.0.1',
      'a@b',
      'x/y',
      'a.example\nb',
      '.',
      '0x7f000001',
    ])
      expect(await refused({ domain })).toEqual(['domain INVALID_DOMAIN']);
    expect(await refused({ domain: `${'a.'.repeat(150)}x` })).toEqual(['domain TOO_LONG']);
  });

  test.each(['corp.example.com.', 'CORP', 'Bücher.example', 'Berlin._sites.corp.example.com', 'xn--bcher-kva.example'])(
    '%s is one',
    async (domain) => {
      expect((await created({ source: { ldap: { domain, baseDns: ['dc=x'] } } })).source.domain).toBe(domain);
    },
  );
});

describe('a stored password', () => {
  const withPassword = { ...ldap, bindDn: 'cn=reader,dc=example,dc=org', bindPassword: 'correct horse' };
  const ways = [
    ['urls', ['ldap://attacker.example.org']],
    ['tlsCa', '-----BEGIN CERTIFICATE-----\nMA==\n-----END CERTIFICATE-----\n'],
    ['startTls', true],
    ['tlsVerify', false],
    ['domain', 'attacker.example.org'],
    ['tlsCert', makeCertificate({ commonName: 'x' }).cert],
  ] as const;

  test.each(ways)('has to be given again when %s changes, saved or in a test', async (setting, value) => {
    const { id } = await created({ source: { ldap: withPassword } });
    const refused = { field: ['input', 'source', 'ldap', 'bindPassword'], code: 'SECRET_REQUIRED' };
    expect(await refusedUpdate(id, { source: { ldap: { [setting]: value } } })).toContainEqual(
      expect.objectContaining(refused),
    );
    const tested = await api.ask(probe, { id, source: { ldap: { [setting]: value } } });
    expect(tested.testConnection.result).toBeNull();
    expect(tested.testConnection.userErrors).toContainEqual(
      expect.objectContaining({ field: ['source', 'ldap', 'bindPassword'], code: 'SECRET_REQUIRED' }),
    );
  });

  test('is kept when it is left out, replaced when given, and dropped by null', async () => {
    const { id, source } = await created({ source: { ldap: withPassword } });
    expect(source.hasBindPassword).toBe(true);
    const moved = await updated(id, { source: { ldap: { urls: ['ldap://other.example.org'], bindPassword: 'new' } } });
    expect(moved.source).toMatchObject({ urls: ['ldap://other.example.org'], hasBindPassword: true });
    expect((await updated(id, { source: { ldap: { pageSize: 50 } } })).source.hasBindPassword).toBe(true);
    expect((await updated(id, { source: { ldap: { bindPassword: null } } })).source.hasBindPassword).toBe(false);
    expect((await updated(id, { source: { ldap: { startTls: true } } })).source.startTls).toBe(true);
  });

  test('is dropped without the account that it belongs to', async () => {
    const { bindDn, ...alone } = withPassword;
    const refused = (first: string) => [
      { field: [first, 'source', 'ldap', 'bindDn'].filter(Boolean), code: 'REQUIRED' },
    ];
    for (const source of [alone, { ...alone, bindDn: null }, { ...alone, bindDn: ' ' }]) {
      const { createConnection } = await api.ask(`${create} ${all}`, { input: { ...input, source: { ldap: source } } });
      expect(createConnection).toMatchObject({ connection: null, userErrors: refused('input') });
      expect((await api.ask(probe, { source: { ldap: source } })).testConnection).toMatchObject({
        result: null,
        userErrors: refused(''),
      });
    }
    // The check covers saved and given settings together.
    const { id } = await created({ source: { ldap: withPassword } });
    expect(await refusedUpdate(id, { source: { ldap: { bindDn: null } } })).toMatchObject(refused('input'));
    const tested = await api.ask(probe, { id, source: { ldap: { bindDn: null } } });
    expect(tested.testConnection).toMatchObject({ result: null, userErrors: refused('') });
    const open = await updated(id, { source: { ldap: { bindDn: null, bindPassword: null } } });
    expect(open.source).toMatchObject({ bindDn: null, hasBindPassword: false });
    expect(await refusedUpdate(id, { source: { ldap: { bindPassword: 'new' } } })).toMatchObject(refused('input'));
    expect((await updated(id, { source: { ldap: { bindDn, bindPassword: 'new' } } })).source.hasBindPassword).toBe(
      true,
    );
  });

  test('is needed where an account is named, of an Enabled connection', async () => {
    const { bindPassword, ...account } = withPassword;
    const required = [{ field: ['input', 'source', 'ldap', 'bindPassword'], code: 'SECRET_REQUIRED' }];
    for (const source of [account, { ...account, bindPassword: '' }]) {
      const given = { ...input, status: 'ENABLED', source: { ldap: source } };
      const { createConnection } = await api.ask(`${create} ${all}`, { input: given });
      expect(createConnection).toMatchObject({ connection: null, userErrors: required });
    }
    const { id } = await created({ source: { ldap: account } });
    expect(await refusedUpdate(id, { status: 'ENABLED' })).toMatchObject(required);
    const enabled = await updated(id, { status: 'ENABLED', source: { ldap: { bindPassword } } });
    expect(enabled).toMatchObject({ status: 'ENABLED', source: { hasBindPassword: true } });
    expect((await updated(id, { name: 'Kept', source: { ldap: { pageSize: 50 } } })).source.hasBindPassword).toBe(true);
    expect(await refusedUpdate(id, { source: { ldap: { bindPassword: null } } })).toMatchObject(required);
    const anonymous = await updated(id, { source: { ldap: { bindDn: null, bindPassword: null } } });
    expect(anonymous).toMatchObject({ status: 'ENABLED', source: { bindDn: null, hasBindPassword: false } });
    expect(await refusedUpdate(id, { source: { ldap: { bindDn: account.bindDn } } })).toMatchObject(required);
  });

  test('is in no answer, no log and not in clear in the database', async () => {
    const secret = 'do-not-tell-7261';
    const answers: Answer[] = [];
    answers.push(
      await api.request(`${create} ${all}`, {
        input: { ...input, source: { ldap: { ...withPassword, bindPassword: secret } } },
      }),
    );
    const id: string = answers[0]?.data.createConnection.connection.id;
    answers.push(
      await api.request(`${update} ${all}`, { id, input: { source: { ldap: { bindPassword: `${secret}2` } } } }),
    );
    answers.push(await api.request(probe, { id }));
    expect(JSON.stringify(answers)).not.toContain(secret);
    expect(api.logged.join('')).not.toContain(secret);
    const client = new pg.Client({ connectionString: api.databaseUrl });
    await client.connect();
    const { rows } = await client.query(
      `SELECT coalesce(string_agg(row_to_json(connection)::text, ''), '') || coalesce(string_agg(row_to_json(connection_secret)::text, ''), '') AS text
       FROM connection LEFT JOIN connection_secret ON connection_secret.connection_id = connection.id`,
    );
    await client.end();
    expect(rows[0].text).not.toContain(secret);
  });
});

describe('testing a connection', () => {
  test('asks for something to test, and for settings that can be used', async () => {
    const nothing = (await api.ask(probe)).testConnection;
    expect(nothing).toMatchObject({ result: null, userErrors: [{ field: ['source'], code: 'REQUIRED' }] });
    const empty = (await api.ask(probe, { source: { ldap: {} } })).testConnection;
    expect(empty.result).toBeNull();
    expect(empty.userErrors.map((error: Data) => error.field)).toContainEqual(['source', 'ldap', 'urls']);
    expect((await api.request(probe, { id: 'nonsense' })).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });

  test('reports what it found; saving contacts no server', async () => {
    const closed = { urls: ['ldap://127.0.0.1:1'], baseDns: ['dc=example,dc=org'] };
    const { id } = await created({ source: { ldap: closed } });
    const { result, userErrors } = (await api.ask(probe, { id })).testConnection;
    expect(userErrors).toEqual([]);
    expect(result).toMatchObject({ ok: false, code: 'UNREACHABLE' });
    expect(result.hint).toBeTruthy();
  });
});

describe('lists of connections', () => {
  let other: TestApi['token'];
  beforeAll(async () => {
    other = await api.keys.sign({
      workspace: '7b0e1a52-6f0c-4a43-9f0e-3f8f4c6a1d11',
      permissions: ['CONTACT_SYNC_MANAGE', 'CONTACTS_VIEW'],
    });
    for (const [index, name] of ['Zoë', 'Ångström', 'Angstrom', 'Berlin'].entries()) {
      const kind = index === 3 ? { activeDirectory: ldap } : { ldap };
      await api.ask(
        create + all,
        { input: { ...input, name, source: kind, status: index === 0 ? 'ENABLED' : 'DRAFT' } },
        other,
      );
    }
  });

  const names = async (filter: string): Promise<string[]> => {
    const { connections } = await api.ask(`{ connections(${filter}) { nodes { name } } }`, {}, other);
    return connections.nodes.map((node: Data) => node.name);
  };

  test('are ordered as people expect, and paged by cursors bound to order and filters', async () => {
    const pages: string[] = [];
    let after: string | null = null;
    do {
      const { connections }: Data = await api.ask(
        'query ($after: String) { connections(first: 1, after: $after) { nodes { name } totalCount pageInfo { hasNextPage endCursor } } }',
        { after },
        other,
      );
      expect(connections.totalCount).toBe(4);
      pages.push(...connections.nodes.map((node: Data) => node.name));
      after = connections.pageInfo.hasNextPage ? connections.pageInfo.endCursor : null;
    } while (after !== null);
    expect(pages.toSorted()).toEqual(['Angstrom', 'Berlin', 'Zoë', 'Ångström']);
    expect(pages.slice(2)).toEqual(['Berlin', 'Zoë']);
  });

  test('are searched by name, kind and status, and filtered', async () => {
    expect(await names('search: "angstrom"')).toHaveLength(2);
    expect(await names('search: "active"')).toEqual(['Berlin']);
    expect(await names('status: ENABLED')).toEqual(['Zoë']);
    expect(await names('kind: ACTIVE_DIRECTORY')).toEqual(['Berlin']);
    expect(await names('search: null, first: null, status: null, kind: null')).toHaveLength(4);
  });

  test.each([
    ['first: 0', 'first'],
    ['first: 201', 'first'],
    ['first: -1', 'first'],
    ['after: "garbled"', 'cursor'],
  ])('%s is BAD_USER_INPUT', async (argument) => {
    const { data, errors } = await api.request(`{ connections(${argument}) { nodes { id } } }`, {}, other);
    expect(data).toEqual({ connections: null });
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('a cursor of another filter is BAD_USER_INPUT', async () => {
    const { connections } = await api.ask('{ connections(first: 1) { pageInfo { endCursor } } }', {}, other);
    const { errors } = await api.request(
      'query ($after: String) { connections(after: $after, status: DRAFT) { nodes { id } } }',
      { after: connections.pageInfo.endCursor },
      other,
    );
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('show nothing of another workspace', async () => {
    const { connections } = await api.ask('{ connections(first: 1) { nodes { id } } }', {}, other);
    const [{ id }] = connections.nodes;
    expect((await api.ask('query ($id: ID!) { connection(id: $id) { id } }', { id })).connection).toBeNull();
    const { errors } = await api.request('mutation ($id: ID!) { deleteConnection(id: $id) { deletedId } }', { id });
    expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });

  test('cost as many statements for 50 as for 1, at most 8', async () => {
    const token = await api.keys.sign({
      workspace: '0b6bfa8c-7f1e-4d0c-8d53-6b2c4f5b9e01',
      permissions: ['CONTACT_SYNC_MANAGE'],
    });
    const schedule = { cron: '0 3 * * *', timeZone: 'UTC' };
    for (let count = 0; count < 50; count++) {
      await api.ask(create + all, { input: { ...input, status: 'ENABLED', schedule } }, token);
    }
    const counted = async (first: number) => {
      const before = api.statements.length;
      const { connections } = await api.ask(
        'query ($first: Int) { connections(first: $first) { nodes { id lastRun { id status } contactCount nextRunAt runs(first: 2) { nodes { id } totalCount } } totalCount } }',
        { first },
        token,
      );
      expect(connections.nodes).toHaveLength(first);
      return api.statements.length - before;
    };
    const forFifty = await counted(50);
    expect(forFifty).toBe(await counted(1));
    expect(forFifty).toBeLessThanOrEqual(8);
  });
});

describe('deleting a connection', () => {
  test('tells its id, and it is gone', async () => {
    const { id } = await created();
    const { deleteConnection } = await api.ask(
      'mutation ($id: ID!) { deleteConnection(id: $id, contacts: DELETE) { deletedId userErrors { code } } }',
      { id },
    );
    expect(deleteConnection).toEqual({ deletedId: id, userErrors: [] });
    expect((await api.ask('query ($id: ID!) { connection(id: $id) { id } }', { id })).connection).toBeNull();
  });
});
