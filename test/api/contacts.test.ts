import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Data, startApi, type TestApi } from '../support/api.ts';
import { feedSettled } from '../support/postgres.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';

function person(uid: string, attributes: Record<string, string | string[]>) {
  return {
    dn: `uid=${uid},dc=example,dc=org`,
    attributes: { objectClass: ['inetOrgPerson'], uid, sn: uid, ...attributes },
  };
}

let api: TestApi;
let slapd: Slapd;
let connectionId: string;

beforeAll(async () => {
  const manager = 'uid=zoe,dc=example,dc=org';
  const entries = [
    person('angstrom', {
      cn: 'Åsa Ångström',
      mail: 'asa@example.org',
      telephoneNumber: '+46 8 123456',
      o: 'Kiosk',
      manager,
    }),
    person('angstrom2', { cn: 'Bo Angstrom', mail: 'Bo@Example.org', mobile: '+46 70 1234567', l: 'Umeå', manager }),
    person('zoe', { cn: 'Zoë Quick', mail: ['zoe@example.org', 'quick@example.org'], o: 'Acme' }),
    person('berg', { cn: 'Anna Berg' }),
  ];
  [api, slapd] = await Promise.all([startApi(), startSlapd({ entries })]);
  const { createConnection } = await api.ask(
    'mutation ($input: CreateConnectionInput!) { createConnection(input: $input) { connection { id } userErrors { code field } } }',
    {
      input: {
        name: 'Directory',
        status: 'ENABLED',
        source: {
          ldap: { urls: [slapd.url], baseDns: [slapd.baseDn], bindDn: slapd.bindDn, bindPassword: slapd.bindPassword },
        },
        scope: { filter: '(objectClass=inetOrgPerson)' },
      },
    },
  );
  connectionId = createConnection.connection.id;
  const { startRun } = await api.ask('mutation ($id: ID!) { startRun(connectionId: $id) { run { id } } }', {
    id: connectionId,
  });
  const states = api.overWebSocket(
    'subscription ($id: ID!) { runProgress(runId: $id) { status counts { created } } }',
    {
      id: startRun.run.id,
    },
  );
  let last: Data;
  for await (const { data } of states) last = data.runProgress;
  expect(last).toEqual({ status: 'SUCCEEDED', counts: { created: 4 } });
  await feedSettled(api.databaseUrl);
});
afterAll(() => Promise.all([api.close(), slapd.close()]));

async function names(filter: string): Promise<string[]> {
  const { contacts } = await api.ask(`{ contacts(${filter}) { nodes { displayName } } }`);
  return contacts.nodes.map((node: Data) => node.displayName);
}

test('a contact has all its fields, and the connections that feed it', async () => {
  const { contacts } = await api.ask(`{ contacts(email: "bo@example.org") { totalCount nodes {
    id status displayName familyName company jobTitle primaryEmail emails { label value } phones { label value }
    address { street city region postalCode country } portalAccess emailNotifications formsAccess removalDueAt
    sources { connectionId connectionName externalId connection { id name } }
  } } }`);
  expect(contacts.totalCount).toBe(1);
  expect(contacts.nodes[0]).toMatchObject({
    status: 'ACTIVE',
    displayName: 'Bo Angstrom',
    primaryEmail: 'Bo@Example.org',
    phones: [{ label: 'mobile', value: '+46 70 1234567' }],
    address: { street: null, city: 'Umeå' },
    portalAccess: false,
    removalDueAt: null,
    sources: [{ connectionId, connectionName: 'Directory', connection: { id: connectionId, name: 'Directory' } }],
  });
  const { contact } = await api.ask('query ($id: ID!) { contact(id: $id) { displayName } }', {
    id: contacts.nodes[0].id,
  });
  expect(contact).toEqual({ displayName: 'Bo Angstrom' });
});

test("a source's connection is null for a viewer who may not see connections", async () => {
  const query = '{ contacts { nodes { sources { connectionId connectionName connection { name } } } } }';
  const { contacts } = await api.ask(query, {}, await api.tokenWith(['CONTACTS_VIEW']));
  for (const { sources } of contacts.nodes) {
    expect(sources).toEqual([{ connectionId, connectionName: 'Directory', connection: null }]);
  }
});

test('the plan needs CONTACTS_VIEW besides CONTACT_SYNC_VIEW', async () => {
  const query = '{ runs { nodes { id status changes { totalCount } } } }';
  const { data, errors } = await api.request(query, {}, await api.tokenWith(['CONTACT_SYNC_VIEW']));
  expect(data.runs.nodes).toMatchObject([{ status: 'SUCCEEDED', changes: null }]);
  expect(errors).toMatchObject([{ path: ['runs', 'nodes', 0, 'changes'], extensions: { code: 'FORBIDDEN' } }]);
  const token = await api.tokenWith(['CONTACT_SYNC_VIEW', 'CONTACTS_VIEW']);
  expect((await api.ask(query, {}, token)).runs.nodes[0].changes.totalCount).toBe(4);
});

describe('contacts are found', () => {
  test.each([
    ['search: "angstrom"', ['Bo Angstrom', 'Åsa Ångström']],
    ['search: "ÅNGSTRÖM åsa"', ['Åsa Ångström']],
    ['search: "kios"', ['Åsa Ångström']],
    ['search: "0701234567"', ['Bo Angstrom']],
    ['email: "ASA@example.org"', ['Åsa Ångström']],
    ['email: "asa@example"', []],
    ['status: INACTIVE', []],
    ['externalId: "nobody"', []],
    ['updatedSince: "2000-01-01T00:00:00+02:00", orderBy: UPDATED_ASC, first: 1', ['any']],
    ['updatedSince: "2999-01-01T00:00:00Z"', []],
  ])('by %s', async (filter, expected) => {
    const found = await names(filter);
    if (expected[0] === 'any') expect(found).toHaveLength(1);
    else expect(found.toSorted()).toEqual(expected.toSorted());
  });
});

test('contacts are ordered as people expect and paged through', async () => {
  expect(await names('orderBy: NAME_ASC')).toEqual(['Anna Berg', 'Åsa Ångström', 'Bo Angstrom', 'Zoë Quick']);
  expect(await names('orderBy: NAME_DESC')).toEqual(['Zoë Quick', 'Bo Angstrom', 'Åsa Ångström', 'Anna Berg']);
  const page =
    'query ($after: String) { contacts(first: 3, after: $after, orderBy: COMPANY_ASC) { nodes { id } pageInfo { hasNextPage endCursor } } }';
  const first = (await api.ask(page)).contacts;
  const second = (await api.ask(page, { after: first.pageInfo.endCursor })).contacts;
  expect(new Set([...first.nodes, ...second.nodes].map((node: Data) => node.id)).size).toBe(4);
  expect([first.pageInfo.hasNextPage, second.pageInfo.hasNextPage]).toEqual([true, false]);
  const other = await api.request('query ($after: String) { contacts(after: $after) { nodes { id } } }', {
    after: first.pageInfo.endCursor,
  });
  expect(other.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
});

test('a page of contacts with their connections costs as many statements for 4 as for 1', async () => {
  const counted = async (first: number) => {
    const before = api.statements.length;
    await api.ask(
      'query ($first: Int) { contacts(first: $first) { nodes { sources { connection { name lastRun { id } } } } } }',
      {
        first,
      },
    );
    return api.statements.length - before;
  };
  expect(await counted(4)).toBe(await counted(1));
});

test('a contact shows its manager, and the contacts whose manager it is, page by page', async () => {
  const { contacts } = await api.ask(
    '{ contacts { nodes { id displayName manager { displayName manager { displayName } } reports(first: 1) { totalCount nodes { displayName } pageInfo { hasNextPage endCursor } } } } }',
  );
  const none = { totalCount: 0, nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
  const [anna, asa, bo, zoe] = contacts.nodes;
  expect(anna).toMatchObject({ manager: null, reports: none });
  for (const report of [asa, bo])
    expect(report).toMatchObject({ manager: { displayName: 'Zoë Quick', manager: null }, reports: none });
  const { reports } = zoe;
  expect(reports).toMatchObject({
    totalCount: 2,
    nodes: [{ displayName: 'Åsa Ångström' }],
    pageInfo: { hasNextPage: true },
  });
  const next = await api.ask(
    'query ($id: ID!, $after: String) { contact(id: $id) { reports(after: $after) { nodes { displayName } pageInfo { hasNextPage } } } }',
    { id: zoe.id, after: reports.pageInfo.endCursor },
  );
  expect(next.contact.reports).toEqual({ nodes: [{ displayName: 'Bo Angstrom' }], pageInfo: { hasNextPage: false } });
  const foreign = await api.request(
    'query ($id: ID!, $after: String) { contact(id: $id) { reports(after: $after) { nodes { id } } } }',
    { id: asa.id, after: reports.pageInfo.endCursor },
  );
  expect(foreign.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
});

test('managers and reports of 4 contacts cost as many statements as those of 1', async () => {
  const counted = async (first: number) => {
    const before = api.statements.length;
    await api.ask(
      'query ($first: Int) { contacts(first: $first, orderBy: NAME_DESC) { nodes { manager { id } reports(first: 2) { nodes { id } totalCount } } } }',
      { first },
    );
    return api.statements.length - before;
  };
  expect(await counted(4)).toBe(await counted(1));
});

describe('the database reads only the parts of contacts that a document requests', () => {
  /** The columns from which fields are made. */
  async function columnsOf(query: string, variables: Data = {}): Promise<string[]> {
    const before = api.statements.length;
    await api.ask(query, variables);
    const columns = api.statements
      .slice(before)
      .flatMap((sql) => /SELECT (contact\.id,.*?) FROM contact/.exec(sql)?.[1] ?? []);
    return columns
      .flatMap((list) => list.split(', '))
      .filter((column) => column.startsWith('contact.') && !column.includes(' '));
  }

  test.each<[string, string, string[]]>([
    ['a list', '{ contacts { nodes { id company } } }', ['company']],
    ['a list with nothing of its contacts', '{ contacts { totalCount pageInfo { endCursor } } }', []],
    ['aliases and repeated fields', '{ contacts { nodes { a: company } one: nodes { notes } } }', ['company', 'notes']],
    [
      'fragments',
      '{ contacts { ...P } } fragment P on ContactPage { nodes { ... on Contact { ...C } } } fragment C on Contact { jobTitle }',
      ['job_title'],
    ],
    [
      'a field that two places ask for',
      '{ contacts { nodes { company } } ... { contacts { nodes { department } } } }',
      ['company', 'department'],
    ],
    [
      'an address',
      '{ contacts { nodes { address { city } } } }',
      ['street', 'city', 'region', 'postal_code', 'country'],
    ],
    [
      'fields of other types with the same names',
      '{ contacts { nodes { sources { connectionName } } pageInfo { endCursor } } }',
      [],
    ],
  ])('of %s', async (_name, query, columns) => {
    expect(await columnsOf(query)).toEqual(['contact.id', ...columns.map((column) => `contact.${column}`)]);
  });

  test('of a contact, with fields that are left out or added', async () => {
    const { contacts } = await api.ask(
      '{ contacts(first: 1) { nodes { id displayName emails { value } updatedAt } } }',
    );
    const [{ id, displayName, emails, updatedAt }] = contacts.nodes;
    const query = `query ($id: ID!, $more: Boolean!) {
      contact(id: $id) { displayName emails @include(if: $more) { value } ... @skip(if: $more) { updatedAt } }
    }`;
    for (const more of [true, false]) {
      const { contact } = await api.ask(query, { id, more });
      expect(contact).toEqual({ displayName, ...(more ? { emails } : { updatedAt }) });
    }
  });
});

test.each([
  'contacts(search: $text)',
  'contacts(email: $text)',
  'contacts(externalId: $text)',
  'connections(search: $text)',
])('%s with a character that no stored text can hold is BAD_USER_INPUT', async (field) => {
  for (const text of ['a\0b', 'a\ud800']) {
    const { errors } = await api.request(`query ($text: String) { ${field} { totalCount } }`, { text });
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  }
});
