import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Data, startApi, type TestApi } from '../support/api.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { somebody, unit } from '../sync/small-directory.ts';

let api: TestApi;
let slapd: Slapd;

const secret = 'canary-3f9c';
const otherUnit = { ...unit, dn: 'ou=guests,dc=example,dc=org', attributes: { ...unit.attributes, ou: 'guests' } };
const guest = { ...somebody('guest', { roomNumber: '7' }), dn: 'uid=guest,ou=guests,dc=example,dc=org' };
const people = [
  somebody('ada', {
    title: 'Countess',
    telephoneNumber: ['+44 1', '+44 2'],
    userPassword: secret,
    jpegPhoto: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0]),
    description: 'x'.repeat(300),
  }),
  somebody('bob', { title: 'Baker', l: 'Oslo' }),
  somebody('eve', { employeeType: 'away', l: 'Rome', carLicense: 'AWAY 1' }),
];

beforeAll(async () => {
  [api, slapd] = await Promise.all([startApi(), startSlapd({ entries: [unit, otherUnit, ...people, guest] })]);
});
afterAll(async () => {
  await api?.close();
  await slapd?.close();
});

const source = (changes: object = {}) => ({
  ldap: {
    urls: [slapd.url],
    baseDns: [unit.dn, otherUnit.dn],
    bindDn: slapd.bindDn,
    bindPassword: slapd.bindPassword,
    ...changes,
  },
});

async function saved(input: object = {}): Promise<string> {
  const create = `mutation ($input: CreateConnectionInput!) {
    createConnection(input: $input) { connection { id } userErrors { field code message } } }`;
  const { createConnection } = await api.ask(create, { input: { name: 'Staff', source: source(), ...input } });
  expect(createConnection.userErrors).toEqual([]);
  return createConnection.connection.id;
}

const errors = 'error { code message hint } userErrors { field code message }';

describe('discovering attributes', () => {
  const discover = `mutation ($id: ID, $source: SourceInput, $scope: ScopeInput, $sampleSize: Int) {
    discoverAttributes(connectionId: $id, source: $source, scope: $scope, sampleSize: $sampleSize) {
      attributes { name filled sampled samples multiValued suggestedField } ${errors} } }`;

  async function discovered(variables: object): Promise<Map<string, Data>> {
    const { discoverAttributes } = await api.ask(discover, { ...variables });
    expect(discoverAttributes).toMatchObject({ error: null, userErrors: [] });
    return new Map(discoverAttributes.attributes.map((one: Data) => [one.name, one]));
  }

  test('tells what people in scope really have, how many of them, and which field it usually fills', async () => {
    const found = await discovered({ source: source(), scope: { filter: '(!(employeeType=away))' } });
    expect(found.get('title')).toEqual({
      name: 'title',
      filled: 2,
      sampled: 3,
      samples: expect.arrayContaining(['Countess', 'Baker']),
      multiValued: false,
      suggestedField: 'JOB_TITLE',
    });
    expect(found.get('telephoneNumber')).toMatchObject({ filled: 1, multiValued: true, suggestedField: 'PHONE' });
    expect(found.get('roomNumber')).toMatchObject({ samples: ['7'], suggestedField: null });
    expect(found.get('entryUUID')).toMatchObject({ filled: 3 });
    expect(found.get('description')?.samples[0]).toBe(`${'x'.repeat(80)}…`);
    expect(found.has('carLicense')).toBe(false);
  });

  test('counts secrets and pictures without showing them', async () => {
    const found = await discovered({ source: source({ bindDn: slapd.adminDn, bindPassword: slapd.adminPassword }) });
    expect(found.get('userPassword')).toMatchObject({ filled: 1, samples: [] });
    expect(found.get('jpegPhoto')).toMatchObject({ filled: 1, samples: ['(5 bytes)'] });
    expect(JSON.stringify([...found])).not.toContain(secret);
    expect(JSON.stringify([...found])).not.toContain(Buffer.from(secret).toString('base64'));
  });

  test('samples some people below each base DN', async () => {
    const found = await discovered({ source: source(), sampleSize: 2 });
    expect(found.get('uid')).toMatchObject({ filled: 2, sampled: 2, samples: expect.arrayContaining(['guest']) });
  });

  test('takes the settings of a saved connection, and given ones over them', async () => {
    const id = await saved({ scope: { rules: [{ attribute: 'title', operator: 'EXISTS', values: [] }] } });
    expect((await discovered({ id })).get('uid')).toMatchObject({ filled: 2 });
    expect((await discovered({ id, scope: { rules: [] } })).get('uid')).toMatchObject({ filled: 4 });
    const elsewhere = await api.ask(discover, { id, source: { ldap: { urls: ['ldap://127.0.0.1:1'] } } });
    expect(elsewhere.discoverAttributes).toMatchObject({
      attributes: null,
      userErrors: [{ code: 'SECRET_REQUIRED', field: ['source', 'ldap', 'bindPassword'] }],
    });
  });

  test('says why it could not ask, and which settings are wrong', async () => {
    const wrong = await api.ask(discover, { source: source({ bindPassword: 'wrong' }) });
    expect(wrong.discoverAttributes).toMatchObject({ attributes: null, error: { code: 'BIND_REFUSED' } });
    const refused = await api.ask(discover, { source: source(), scope: { filter: '(cn=' } });
    expect(refused.discoverAttributes.userErrors).toMatchObject([
      { code: 'INVALID_FILTER', field: ['scope', 'filter'] },
    ]);
    for (const sampleSize of [0, 1001])
      expect((await api.request(discover, { source: source(), sampleSize })).errors?.[0]?.extensions.code).toBe(
        'BAD_USER_INPUT',
      );
    const id = '01890000-0000-7000-8000-000000000000';
    expect((await api.request(discover, { id })).errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  });

  test('tells the columns of a file that people have values in', async () => {
    const id = await saved({ source: { csv: { idColumn: 'id' } } });
    const rows = 'id,E-Mail,Initial Password,Team\n1,ada@example.org,canary-3f9c,A\n2,bob@example.org,,B\n';
    const upload = await fetch(`${api.url}/connections/${id}/file`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${api.token}`, 'content-type': 'text/csv' },
      body: rows,
    });
    expect(upload.ok).toBe(true);
    const found = await discovered({ id });
    expect([...found.keys()]).toEqual(['E-Mail', 'id', 'Team', 'Initial Password']);
    expect(found.get('E-Mail')).toMatchObject({ filled: 2, suggestedField: 'PRIMARY_EMAIL' });
    expect(found.get('Initial Password')).toMatchObject({ filled: 1, samples: [] });
    const one = await discovered({ id, scope: { rules: [{ attribute: 'team', operator: 'EQUALS', values: ['b'] }] } });
    expect(one.get('E-Mail')).toMatchObject({ samples: ['bob@example.org'] });
  });
});
