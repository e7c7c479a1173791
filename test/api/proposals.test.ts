import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { collect, type Data, startApi, type TestApi } from '../support/api.ts';
import { done, entry, type FakeSearch, startFakeServer } from '../support/ldap-fake-server.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { somebody, unit } from '../sync/small-directory.ts';

let api: TestApi;
let slapd: Slapd;

const secret = 'canary-5d20';
const groups = { dn: 'ou=groups,dc=example,dc=org', attributes: { objectClass: 'organizationalUnit', ou: 'groups' } };
const people = [
  somebody('ada', { title: 'Countess', telephoneNumber: '+44 1', userPassword: secret }),
  somebody('bob', { title: 'Baker', l: 'Oslo' }),
  somebody('eve', { manager: 'uid=ada,ou=people,dc=example,dc=org' }),
];

beforeAll(async () => {
  [api, slapd] = await Promise.all([startApi(), startSlapd({ entries: [unit, groups, ...people] })]);
});
afterAll(async () => {
  await api?.close();
  await slapd?.close();
});

const source = (changes: object = {}) => ({
  ldap: { urls: [slapd.url], bindDn: slapd.bindDn, bindPassword: slapd.bindPassword, ...changes },
});
const propose = `mutation ($source: SourceInput!) { proposeConnection(source: $source) {
  proposal { baseDns idColumn reasons
    scope { groups nestedGroups excludeGroups excludeBaseDns match rules { attribute operator values } filter includeDisabled requireEmail }
    mappings { field label attributes template value transforms policy whenEmpty }
    removal { action graceDays maxPercent maxCount maxEmptiedPercent } }
  error { code message hint } userErrors { field code message } } }`;
const proposed = async (given: object): Promise<Data> => (await api.ask(propose, { source: given })).proposeConnection;

describe('a proposal for a directory', () => {
  test('has the narrowest base and the attributes that people have, with reasons', async () => {
    const { proposal, error, userErrors } = await proposed(source());
    expect({ error, userErrors }).toEqual({ error: null, userErrors: [] });
    expect(proposal).toMatchObject({ baseDns: [unit.dn], idColumn: null });
    expect(proposal.scope).toMatchObject({ groups: [], rules: [], filter: null, includeDisabled: false });
    expect(proposal.removal).toMatchObject({ action: 'DEACTIVATE', maxPercent: 10 });
    const mapped = new Map(proposal.mappings.map(({ field, attributes }: Data) => [field, attributes]));
    expect(Object.fromEntries(mapped)).toEqual({
      DISPLAY_NAME: ['displayName', 'cn'],
      FAMILY_NAME: ['sn'],
      JOB_TITLE: ['title'],
      MANAGER: ['manager'],
      PRIMARY_EMAIL: ['mail'],
      PHONE: ['telephoneNumber'],
      CITY: ['l'],
    });
    const reasons = proposal.reasons.join('\n');
    expect(reasons).toContain(`"${unit.dn}" holds 3 of the 3 people`);
    expect(reasons).toContain('JOB_TITLE is filled from title (2 of 3 people have it).');
    expect(reasons).toMatch(/Left out, because nobody has a value: GIVEN_NAME, COMPANY/);
    expect(JSON.stringify(proposal)).not.toContain(secret);
  });

  test('can be saved as it is, and a run imports everybody', async () => {
    const { proposal } = await proposed(source());
    const { baseDns, scope, mappings, removal } = proposal;
    const create = `mutation ($input: CreateConnectionInput!) {
      createConnection(input: $input) { connection { id } userErrors { field code message } } }`;
    const input = { name: 'Proposed', status: 'ENABLED', source: source({ baseDns }), scope, mappings, removal };
    const { createConnection } = await api.ask(create, { input });
    expect(createConnection.userErrors).toEqual([]);
    const { id } = createConnection.connection;
    const start = 'mutation ($id: ID!) { startRun(connectionId: $id) { run { id } userErrors { message } } }';
    const { startRun } = await api.ask(start, { id });
    const progress = 'subscription ($id: ID!) { runProgress(runId: $id) { status counts { created } } }';
    const seen = await collect(api.overWebSocket(progress, { id: startRun.run.id }));
    expect(seen.at(-1)?.data.runProgress).toMatchObject({ status: 'SUCCEEDED', counts: { created: 3 } });
  });

  test('keeps given bases', async () => {
    const { proposal } = await proposed(source({ baseDns: ['dc=example,dc=org'] }));
    expect(proposal.baseDns).toEqual(['dc=example,dc=org']);
    expect(proposal.reasons.join(' ')).toContain('given settings');
  });

  test('says why it could not ask, and which settings are wrong', async () => {
    expect(await proposed(source({ bindPassword: 'wrong' }))).toMatchObject({
      proposal: null,
      error: { code: 'BIND_REFUSED' },
    });
    expect(await proposed(source({ baseDns: ['dc=nowhere'] }))).toMatchObject({ error: { code: 'BASE_DN_NOT_FOUND' } });
    expect(await proposed(source({ urls: [] }))).toMatchObject({
      proposal: null,
      userErrors: [{ code: 'REQUIRED', field: ['source', 'ldap', 'urls'] }],
    });
    expect(await proposed(source({ baseDns: [''] }))).toMatchObject({
      userErrors: [{ code: 'REQUIRED', field: ['source', 'ldap', 'baseDns', '0'] }],
    });
  });
});

/** A server with two naming contexts, one of which refuses searches. */
async function proposedFake(search: (search: FakeSearch) => Buffer[]): Promise<Data> {
  const rootDse = {
    supportedControl: ['1.2.840.113556.1.4.319'],
    namingContexts: ['cn=config', 'dc=example,dc=org'],
  };
  const answer = (asked: FakeSearch): Buffer[] =>
    asked.baseDn === 'cn=config' ? [done(asked.id, { code: 50 })] : search(asked);
  const server = await startFakeServer({ rootDse, search: answer });
  try {
    return await proposed({ ldap: { urls: [server.url], timeoutSeconds: 5 } });
  } finally {
    await server.close();
  }
}

test('a context that refuses searches is not proposed as a base, and if nobody meets the usual filter another one is proposed', async () => {
  const { proposal, error } = await proposedFake(({ id, filter }) => {
    const isAccount = filter.kind === 'equal' && String(filter.value) === 'posixAccount';
    const found = entry(id, 'uid=a,ou=unix,dc=example,dc=org', { entryUUID: 'a', uid: 'a', cn: 'A' });
    return [...(isAccount ? [found] : []), done(id, { cookie: '' })];
  });
  expect(error).toBeNull();
  expect(proposal).toMatchObject({
    baseDns: ['ou=unix,dc=example,dc=org'],
    scope: { filter: '(objectClass=posixAccount)' },
  });
});

test('if nobody is found, the usual settings are proposed, with the reason', async () => {
  const { proposal } = await proposedFake(({ id }) => [done(id, { cookie: '' })]);
  expect(proposal.mappings.length).toBeGreaterThan(10);
  expect(proposal.reasons.join(' ')).toMatch(/Nobody was found.*Nobody could be looked at/);
});

test("names that can't be base DNs, and those of a hostile server, are left out", async () => {
  const strange = ['cn=a\u0000b,ou=x\ny,dc=example,dc=org', `cn=${'x'.repeat(5000)},dc=example,dc=org`, '\u202eevil'];
  const { proposal, error } = await proposedFake(({ id }) => [
    ...[...strange, 'cn=a,ou=good,dc=example,dc=org'].map((dn, i) => entry(id, dn, { entryUUID: `e${i}`, cn: 'A' })),
    done(id, { cookie: '' }),
  ]);
  expect(error).toBeNull();
  expect(proposal.baseDns).toEqual(['ou=good,dc=example,dc=org']);
  expect(JSON.stringify(proposal)).not.toMatch(/evil|xxxx|\\n/);
});

test('a server that stops in the middle gives an error, not a proposal', async () => {
  const server = await startFakeServer({
    search: () => [],
    rootDse: { supportedControl: ['1.2.840.113556.1.4.319'], namingContexts: ['dc=example'] },
    takeOver: (kind, _id, socket) => kind === 'search' && socket.destroy() !== null,
  });
  const answer = await proposed({ ldap: { urls: [server.url] } });
  await server.close();
  expect(answer).toMatchObject({ proposal: null, error: { code: 'CONNECTION_LOST' } });
});

test('an uploaded file needs a connection, so a proposal for it says that there is none', async () => {
  expect(await proposed({ csv: {} })).toMatchObject({ proposal: null, error: { code: 'NO_FILE' } });
});
