import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { pino } from 'pino';
import { startApp } from '../../src/app.ts';
import type { ConnectionSettings } from '../../src/core/connection.ts';
import { openTrials } from '../../src/db/sync/open-trials.ts';
import { type Data, startApi, type TestApi } from '../support/api.ts';
import { startFakeServer } from '../support/ldap-fake-server.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { dn, removal, somebody, unit } from '../sync/small-directory.ts';

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

const groupDn = (cn: string): string => `cn=${cn},dc=example,dc=org`;
const group = (cn: string, member: string) => ({
  dn: groupDn(cn),
  attributes: { objectClass: 'groupOfNames', cn, member },
});
const groups = [group('bakers', dn('bob')), group('staff', groupDn('bakers'))];

beforeAll(async () => {
  [api, slapd] = await Promise.all([
    startApi(),
    startSlapd({ entries: [unit, otherUnit, ...people, guest, ...groups] }),
  ]);
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

async function run(id: string): Promise<Data> {
  const start = 'mutation ($id: ID!) { startRun(connectionId: $id) { run { id } userErrors { code } } }';
  const { startRun } = await api.ask(start, { id });
  const progress =
    'subscription ($id: ID!) { runProgress(runId: $id) { status counts { created updated } holdReasons } }';
  for await (const { data } of api.overWebSocket(progress, { id: startRun.run.id }))
    if (!['QUEUED', 'RUNNING'].includes(data.runProgress.status)) return data.runProgress;
  throw new Error('The stream ended before the run did.');
}

const mappings = [
  { field: 'DISPLAY_NAME', attributes: ['displayName', 'cn'] },
  { field: 'PRIMARY_EMAIL', attributes: ['mail'] },
  { field: 'JOB_TITLE', attributes: ['title'] },
  { field: 'CITY', attributes: ['l'] },
  { field: 'COMPANY', value: 'Example' },
];
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

  test('lists the attributes of people in scope, how many people have each, and the field that each usually fills', async () => {
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

  test('uses the settings of a saved connection, overridden by given ones', async () => {
    const id = await saved({ scope: { rules: [{ attribute: 'title', operator: 'EXISTS', values: [] }] } });
    expect((await discovered({ id })).get('uid')).toMatchObject({ filled: 2 });
    expect((await discovered({ id, scope: { rules: [] } })).get('uid')).toMatchObject({ filled: 4 });
    const elsewhere = await api.ask(discover, { id, source: { ldap: { urls: ['ldap://127.0.0.1:1'] } } });
    expect(elsewhere.discoverAttributes).toMatchObject({
      attributes: null,
      userErrors: [{ code: 'SECRET_REQUIRED', field: ['source', 'ldap', 'bindPassword'] }],
    });
  });

  test('says why it could not ask the source, and which settings are wrong', async () => {
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

  test('lists the columns of a file in which people have values', async () => {
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

describe('previewing a connection', () => {
  const preview = `mutation ($id: ID, $source: SourceInput, $scope: ScopeInput, $mappings: [FieldMappingInput!], $first: Int) {
    previewConnection(connectionId: $id, source: $source, scope: $scope, mappings: $mappings, first: $first) {
      preview {
        included excluded { reason count } excludedExamples { reason people } notes
        people { ...person }
        impact { comparedWith gained lost changed fields { field label changed emptied } wouldHold examples { ...person } }
      } ${errors} } }
    fragment person on PersonPreview {
      id dn contact { fields { field label value from } } problems action contactId changes { field label before after } }`;

  async function previewed(variables: object): Promise<Data> {
    const { previewConnection } = await api.ask(preview, { ...variables });
    expect(previewConnection).toMatchObject({ error: null, userErrors: [] });
    return previewConnection.preview;
  }

  const byUid = (people: Data[]) => new Map(people.map((one) => [String(one.dn).match(/^uid=(\w+)/)?.[1], one]));
  const tables = () =>
    queryAll(
      `SELECT (SELECT count(*) FROM contact) AS contacts, (SELECT count(*) FROM contact_link) AS links, (SELECT count(*) FROM run) AS runs,
         (SELECT count(*) FROM plan_row) AS planned, (SELECT count(*) FROM fills) AS fills, (SELECT count(*) FROM contact_change) AS changes`,
    );
  const queryAll = async (sql: string): Promise<Data[]> => {
    const client = new pg.Client({ connectionString: api.databaseUrl });
    await client.connect();
    try {
      return (await client.query(sql)).rows;
    } finally {
      await client.end();
    }
  };

  test('shows for unsaved settings who is in scope, from which attributes values come, and what a run would do', async () => {
    const before = await tables();
    const scope = { excludeBaseDns: [otherUnit.dn] };
    const shown = await previewed({ source: source({ baseDns: [slapd.baseDn] }), mappings, scope });
    expect(shown).toMatchObject({
      included: 3,
      excluded: [{ reason: 'BELOW_EXCLUDED_DN', count: 1 }],
      excludedExamples: [{ reason: 'BELOW_EXCLUDED_DN', people: [guest.dn] }],
      impact: null,
    });
    const ada = byUid(shown.people).get('ada');
    expect(ada).toMatchObject({ action: 'CREATE', contactId: null, problems: [] });
    expect(ada.contact.fields).toContainEqual({ field: 'JOB_TITLE', label: null, value: 'Countess', from: 'title' });
    expect(ada.contact.fields).toContainEqual({ field: 'CITY', label: null, value: null, from: 'l' });
    expect(ada.contact.fields).toContainEqual({ field: 'COMPANY', label: null, value: 'Example', from: 'fixed value' });
    expect(ada.contact.fields).toContainEqual({
      field: 'DISPLAY_NAME',
      label: null,
      value: 'ADA',
      from: 'displayName',
    });
    expect(await tables()).toEqual(before);
    expect((await previewed({ source: source(), mappings, first: 1 })).people).toHaveLength(1);
  });

  test('says why people are skipped', async () => {
    const odd = [{ field: 'PRIMARY_EMAIL', attributes: ['cn'] }];
    const { included, people: shown } = await previewed({ source: source(), mappings: odd });
    expect(included).toBe(4);
    expect(byUid(shown).get('bob')).toMatchObject({
      action: 'SKIP',
      problems: [expect.stringContaining('is not an email address')],
      contact: { fields: [] },
    });
  });

  test('says before an edit is saved who would be gone, what would change, and that the run would be HELD', async () => {
    const id = await saved({ status: 'ENABLED', mappings });
    expect((await previewed({ id })).impact).toBeNull();
    expect(await run(id)).toMatchObject({ status: 'SUCCEEDED', counts: { created: 4 } });
    const before = await tables();
    const same = await previewed({ id });
    expect(same.impact).toMatchObject({ gained: 0, lost: 0, changed: 0, fields: [], wouldHold: [], examples: [] });
    expect(same.people.map(({ action }: Data) => action)).toEqual(Array(4).fill('NONE'));
    expect(byUid(same.people).get('ada').contact.fields).toHaveLength(5);

    // This wrong filter would remove everybody.
    const wrong = await previewed({ id, scope: { filter: '(employeeType=nobody)' } });
    expect(wrong).toMatchObject({
      included: 0,
      excluded: [{ reason: 'NOT_BY_RULES', count: 4 }],
      impact: { gained: 0, lost: 4, changed: 0 },
    });
    expect(wrong.impact.wouldHold[0]).toMatch(/4 of 4 people are newly gone/);
    expect(wrong.impact.examples).toHaveLength(4);
    expect(wrong.impact.examples[0]).toMatchObject({ action: 'DEACTIVATE', problems: ['gone from the source'] });

    const without = [
      ...mappings.filter(({ field }) => field !== 'JOB_TITLE'),
      { field: 'JOB_TITLE', attributes: ['l'] },
    ];
    const edited = await previewed({ id, mappings: without });
    expect(edited.impact).toMatchObject({
      gained: 0,
      lost: 0,
      changed: 3,
      fields: [{ field: 'JOB_TITLE', label: null, changed: 3, emptied: 1 }],
    });
    const ada = edited.impact.examples.find(({ dn }: Data) => dn.startsWith('uid=ada'));
    expect(ada).toMatchObject({
      action: 'UPDATE',
      changes: [{ field: 'JOB_TITLE', label: null, before: 'Countess', after: null }],
    });
    expect(await tables()).toEqual(before);
  });

  test('is refused with a stored password for another server, and with mistakes', async () => {
    const id = await saved();
    const elsewhere = await api.ask(preview, { id, source: { ldap: { urls: ['ldap://127.0.0.1:1'] } } });
    expect(elsewhere.previewConnection.userErrors).toMatchObject([{ code: 'SECRET_REQUIRED' }]);
    const mistaken = await api.ask(preview, { id, mappings: [{ field: 'CITY', attributes: ['userPassword'] }] });
    expect(mistaken.previewConnection.userErrors).toContainEqual(
      expect.objectContaining({ code: 'ATTRIBUTE_NOT_ALLOWED', field: ['mappings', '0', 'attributes', '0'] }),
    );
    const refused = await api.ask(preview, { source: source({ bindPassword: secret }) });
    expect(refused.previewConnection).toMatchObject({ preview: null, error: { code: 'BIND_REFUSED' } });
    expect(JSON.stringify(refused)).not.toContain(secret);
    const answer = await api.request(preview, { id, first: 101 });
    expect(answer.errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  });

  test('ends when its client leaves, and closes its connections to source and database', async () => {
    const reached = Promise.withResolvers<Socket>();
    const silent = await startFakeServer({
      search: () => [],
      takeOver: (_kind, _id, socket) => {
        reached.resolve(socket);
        return true;
      },
    });
    const body = { query: preview, variables: { source: { ldap: { urls: [silent.url], baseDns: ['dc=example'] } } } };
    const client = new AbortController();
    const asked = fetch(`${api.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${api.token}` },
      body: JSON.stringify(body),
      signal: client.signal,
    });
    const socket = await reached.promise;
    const sessions = () =>
      queryAll(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'contact-sync preview'",
      );
    expect(await sessions()).toHaveLength(1);
    const closed = once(socket, 'close');
    client.abort();
    await expect(asked).rejects.toThrow();
    await closed;
    while ((await sessions()).length > 0) await nextTurn();
    await silent.close();
  });

  test('says which right it lacks when the database grants no temporary tables', async () => {
    const grant = async (statement: string) => {
      const [names] = await queryAll('SELECT current_database() AS database, session_user AS login');
      await queryAll(statement.replace('$database', names.database).replace('$login', names.login));
    };
    await grant('REVOKE TEMPORARY ON DATABASE $database FROM PUBLIC, $login');
    try {
      const { previewConnection } = await api.ask(preview, { source: source() });
      expect(previewConnection).toMatchObject({
        preview: null,
        error: { code: 'TEMPORARY_TABLES_NOT_ALLOWED', hint: expect.stringContaining('GRANT TEMPORARY ON DATABASE') },
      });
      const logged: Data[] = [];
      const logger = pino({ level: 'warn' }, { write: (line: string) => void logged.push(JSON.parse(line)) });
      const other = await startApp({ ...api.config, role: 'api' }, { logger });
      await other.close();
      expect(logged).toMatchObject([{ grant: expect.stringMatching(/^GRANT TEMPORARY ON DATABASE \S+ TO \S+;$/) }]);
      await queryAll(logged[0].grant);
      expect((await api.ask(preview, { source: source() })).previewConnection.error).toBeNull();
    } finally {
      await grant('GRANT TEMPORARY ON DATABASE $database TO PUBLIC, $login');
    }
  });

  test('needs the right to see contacts, too', async () => {
    const token = await api.tokenWith(['CONTACT_SYNC_MANAGE']);
    const answer = await api.request(preview, { source: source() }, token);
    expect(answer.errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  });
});

describe('explaining a person', () => {
  const explain = `mutation ($id: ID!, $person: String!) {
    explainPerson(connectionId: $id, person: $person) {
      explanation { found included steps { step passed detail }
        person { id dn action problems contactId contact { fields { field value from } } changes { field before after } } }
      ${errors} } }`;

  async function explained(id: string, person: string): Promise<Data> {
    const { explainPerson } = await api.ask(explain, { id, person });
    expect(explainPerson).toMatchObject({ error: null, userErrors: [] });
    return explainPerson.explanation;
  }
  const step = ({ steps }: Data, name: string): Data => steps.find((one: Data) => one.step === name);

  test('finds a person by id, DN, address, login and name, and says what the next run would do', async () => {
    const id = await saved({ status: 'ENABLED', mappings });
    const byAddress = await explained(id, 'ADA@example.org');
    expect(byAddress).toMatchObject({
      found: true,
      included: true,
      person: { dn: dn('ada'), action: 'LINK', problems: [] },
    });
    expect(step(byAddress, 'Base DN')).toEqual({ step: 'Base DN', passed: true, detail: `Below "${unit.dn}".` });
    expect(step(byAddress, 'JOB_TITLE')).toMatchObject({ passed: true, detail: 'title: "Countess" → "Countess".' });
    expect(step(byAddress, 'CITY')).toMatchObject({ passed: false, detail: 'l: no value → no value.' });
    expect(step(byAddress, 'COMPANY').detail).toBe('a fixed value → "Example".');
    expect(step(byAddress, 'Contact').detail).toMatch(/the same id in another connection/);
    for (const person of [byAddress.person.id, 'UID=ada, OU=people,dc=example,dc=org', 'ada'])
      expect(await explained(id, person)).toMatchObject({ found: true, person: { dn: dn('ada') } });
  });

  test('names each condition that a person does not meet, with the way through nested groups', async () => {
    const scope = {
      groups: [groupDn('staff')],
      nestedGroups: true,
      rules: [{ attribute: 'title', operator: 'EQUALS', values: ['Baker'] }],
      filter: '(l=*)',
    };
    const id = await saved({ mappings, scope });
    const ada = await explained(id, 'ada');
    expect(ada).toMatchObject({ found: true, included: false, person: { action: 'NONE' } });
    expect(step(ada, 'Groups')).toMatchObject({ passed: false });
    expect(step(ada, 'Rule')).toMatchObject({
      passed: false,
      detail: 'title EQUALS "Baker": the person has "Countess".',
    });
    expect(step(ada, 'Filter')).toMatchObject({ passed: false });
    const bob = await explained(id, 'bob');
    expect(bob).toMatchObject({ found: true, included: true });
    expect(step(bob, 'Groups')).toMatchObject({
      passed: true,
      detail: `In a group of the scope: "${groupDn('bakers')}" in "${groupDn('staff')}", which the scope names.`,
    });
    for (const name of ['Base DN', 'Person', 'Rule', 'Filter', 'Enabled', 'In scope'])
      expect(step(bob, name)).toMatchObject({ passed: true });
  });

  test('says why a field of a contact stays', async () => {
    const id = await saved({
      status: 'ENABLED',
      mappings: [
        ...mappings.filter(({ field }) => field !== 'CITY'),
        { field: 'CITY', attributes: ['l'], policy: 'ON_CREATE' },
      ],
    });
    await run(id);
    const before = await explained(id, 'bob');
    expect(before.person).toMatchObject({ action: 'NONE', changes: [] });
    expect(step(before, 'Contact').detail).toMatch(/linked by the stable id/);
    expect(step(before, 'Merge CITY')).toMatchObject({ passed: false, detail: expect.stringContaining('ON_CREATE') });
    const lock = `mutation ($id: ID!) { lockContactFields(id: $id, fields: [COMPANY], locked: true) { userErrors { code } } }`;
    await api.ask(lock, { id: before.person.contactId });
    const after = await explained(id, 'bob');
    expect(step(after, 'Merge COMPANY').detail).toBe('It stays: it is locked.');
  });

  test('finds contacts whose person is gone, and distinguishes "not found" from "could not ask"', async () => {
    const id = await saved({ status: 'ENABLED', mappings, removal: { graceDays: 3, maxPercent: 100 } });
    await run(id);
    await api.ask(
      'mutation ($id: ID!, $input: UpdateConnectionInput!) { updateConnection(id: $id, input: $input) { connection { id } } }',
      { id, input: { scope: { filter: '(!(uid=eve))' } } },
    );
    const leaving = await explained(id, 'eve');
    expect(leaving).toMatchObject({ found: true, included: false, person: { dn: dn('eve'), action: 'NONE' } });
    expect(step(leaving, 'Next run').detail).toMatch(/gone from the source; (stays until|still fed by)/);
    await run(id);
    expect(step(await explained(id, 'eve'), 'Contact').detail).toMatch(/The person is gone since .*UTC/);

    const nobody = await explained(id, 'nobody@example.org');
    expect(nobody).toMatchObject({ found: false, included: false, person: null });
    const unasked = await saved({ source: source({ bindPassword: 'wrong' }) });
    const { explainPerson } = await api.ask(explain, { id: unasked, person: 'ada' });
    expect(explainPerson).toMatchObject({ explanation: null, error: { code: 'BIND_REFUSED' } });
  });

  test('finds somebody who is outside the base DNs, and says so', async () => {
    const id = await saved({ mappings });
    const reader = await explained(id, slapd.bindDn);
    expect(reader).toMatchObject({ found: true, included: false, person: { action: 'NONE' } });
    expect(step(reader, 'Base DN')).toMatchObject({ passed: false, detail: expect.stringContaining('Below none of') });
  });

  test('treats the question as text, never as a filter', async () => {
    const id = await saved({ mappings });
    expect(await explained(id, '*')).toMatchObject({ found: false });
    expect(await explained(id, 'x)(uid=*')).toMatchObject({ found: false });
    const empty = await api.ask(explain, { id, person: '  ' });
    expect(empty.explainPerson.userErrors).toMatchObject([{ code: 'REQUIRED', field: ['person'] }]);
  });

  test('explains a row of a file', async () => {
    const rules = [{ attribute: 'team', operator: 'EQUALS', values: ['B'] }];
    const id = await saved({ source: { csv: { idColumn: 'id', nameColumn: 'E-Mail' } }, scope: { rules } });
    await fetch(`${api.url}/connections/${id}/file`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${api.token}`, 'content-type': 'text/csv' },
      body: `id,E-Mail,Team,Password\n1,cora@example.org,A,${secret}\n2,dan@example.org,B,x\n3,fay@example.org,B,x\n`,
    });
    const cora = await explained(id, 'cora@example.org');
    expect(cora).toMatchObject({ found: true, included: false });
    expect(step(cora, 'Rule')).toMatchObject({ passed: false, detail: 'team EQUALS "B": the person has "A".' });
    expect(await explained(id, '2')).toMatchObject({ included: true, person: { action: 'CREATE' } });
    expect(await explained(id, secret)).toMatchObject({ found: false });
    const several = await explained(id, 'b');
    expect(several.person.dn).toBe('dan@example.org');
    expect(step(several, 'Found').detail).toMatch(/2 match "b".*The others: "fay@example.org"/);
  });
});

test('previews wait for each other, and the wait ends when the client leaves', async () => {
  const trials = openTrials(api.databaseUrl);
  const held = Promise.withResolvers<void>();
  const files = {
    find: async () => null,
    read: () => {
      throw new Error('There is no file.');
    },
  };
  const settings = { mappings: [], priority: 100, removal: removal() } as unknown as ConnectionSettings;
  const request = { workspaceId: api.workspace, connectionId: null, settings, ids: null, files };
  const opened = Array.from({ length: 4 }, () => Promise.withResolvers<void>());
  const underWay = opened.map(({ resolve }) =>
    trials.use(
      request,
      () => {
        resolve();
        return held.promise;
      },
      new AbortController().signal,
    ),
  );
  await Promise.all(opened.map(({ promise }) => promise));
  const leaving = new AbortController();
  const waiting = trials.use(request, async () => 'never', leaving.signal);
  leaving.abort(new Error('left'));
  await expect(waiting).rejects.toThrow('left');
  const next = trials.use(request, async () => 'next', new AbortController().signal);
  held.resolve();
  expect(await next).toBe('next');
  await Promise.all(underWay);
  await trials.close();
});
