import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Data, startApi, type TestApi } from '../support/api.ts';
import { mapping, staffFile } from '../support/staff-file.ts';

let api: TestApi;
let staff: Awaited<ReturnType<typeof staffFile>>;
let first: Data;
let second: Data;
let ada: string;

const adaRow = { Nr: '1', Name: 'Ada', Mail: 'ada@example.org', Title: 'Engineer', Phone: '+49 30 1', Note: '=1+1' };
const bobRow = { Nr: '2', Name: 'Bob', Mail: 'bob@example.org', Title: 'Cook', Phone: '', Note: '' };

beforeAll(async () => {
  api = await startApi();
  staff = await staffFile(api, 'Staff', [
    mapping('DISPLAY_NAME', 'Name'),
    mapping('PRIMARY_EMAIL', 'Mail'),
    mapping('JOB_TITLE', 'Title'),
    mapping('NOTES', 'Note'),
    mapping('PHONE', 'Phone', 'label: "work"'),
    '{ field: LANGUAGE, value: "de" }',
  ]);
  first = await staff.run([adaRow, bobRow]);
  second = await staff.run([{ ...adaRow, Title: 'Boss' }, bobRow]);
  const { contacts } = await api.ask('{ contacts(email: "ada@example.org") { nodes { id } } }');
  ada = contacts.nodes[0].id;
  await api.ask('mutation ($id: ID!) { updateContact(id: $id, input: { company: "Acme" }) { userErrors { code } } }', {
    id: ada,
  });
});
afterAll(() => api?.close());

const change = `id at action applied contactId contactName person personId reason run { id } changedBy { kind name }
  fields { field label before after }`;

async function history(args = '', token = api.token): Promise<Data> {
  const query = `query ($id: ID!) { contact(id: $id) { history${args} {
    nodes { ${change} } totalCount pageInfo { hasNextPage endCursor } } } }`;
  return (await api.ask(query, { id: ada }, token)).contact.history;
}

test('a contact’s history has the changes of runs and people, the newest first', async () => {
  const { nodes, totalCount } = await history();
  expect(totalCount).toBe(3);
  expect(nodes).toMatchObject([
    {
      action: 'UPDATE',
      applied: true,
      person: null,
      run: null,
      changedBy: { kind: 'MEMBER', name: 'Ada Lovelace' },
      fields: [{ field: 'COMPANY', before: null, after: 'Acme' }],
    },
    {
      action: 'UPDATE',
      run: { id: second.id },
      person: expect.stringContaining('1'),
      fields: [{ field: 'JOB_TITLE', before: 'Engineer', after: 'Boss' }],
    },
    { action: 'CREATE', run: { id: first.id } },
  ]);
});

test('is read page by page, and a cursor of another contact is refused', async () => {
  const seen: string[] = [];
  let after: string | null = null;
  do {
    const page: Data = await history(`(first: 1${after === null ? '' : `, after: "${after}"`})`);
    seen.push(...page.nodes.map(({ id }: Data) => id));
    after = page.pageInfo.hasNextPage ? page.pageInfo.endCursor : null;
  } while (after !== null);
  expect(seen).toEqual((await history()).nodes.map(({ id }: Data) => id));
  const { pageInfo } = await history('(first: 1)');
  const { contacts } = await api.ask('{ contacts(email: "bob@example.org") { nodes { id } } }');
  const query = 'query ($id: ID!, $after: String) { contact(id: $id) { history(after: $after) { totalCount } } }';
  const { errors } = await api.request(query, { id: contacts.nodes[0].id, after: pageInfo.endCursor });
  expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
});

test('shows runs only to viewers who may see them', async () => {
  const { nodes } = await history('', await api.tokenWith(['CONTACTS_VIEW']));
  expect(nodes.map(({ run }: Data) => run)).toEqual([null, null, null]);
});

test('origins name for each filled field the connection, attribute and run, or the person who set it', async () => {
  const query = `query ($id: ID!) { contact(id: $id) { origins {
    field label connectionId connectionName attribute runId setBy { kind name } setAt } } }`;
  const { origins } = (await api.ask(query, { id: ada })).contact;
  const byField = Object.fromEntries(origins.map(({ field, setAt: _, ...rest }: Data) => [field, rest]));
  const ofRun = (run: Data, attribute: string | null, label: string | null = null) => ({
    label,
    connectionId: staff.id,
    connectionName: 'Staff',
    attribute,
    runId: run.id,
    setBy: { kind: 'MEMBER', name: 'Ada Lovelace' },
  });
  expect(byField).toEqual({
    DISPLAY_NAME: ofRun(first, 'Name'),
    PRIMARY_EMAIL: ofRun(first, 'Mail'),
    JOB_TITLE: ofRun(second, 'Title'),
    NOTES: ofRun(first, 'Note'),
    PHONE: ofRun(first, 'Phone', 'work'),
    LANGUAGE: ofRun(first, null),
    COMPANY: {
      label: null,
      connectionId: null,
      connectionName: null,
      attribute: null,
      runId: null,
      setBy: { kind: 'MEMBER', name: 'Ada Lovelace' },
    },
  });
});

test('the changes of a run are downloaded as CSV without formulas, and as NDJSON', async () => {
  const csv = await api.get(`/runs/${first.id}/changes.csv`);
  expect(csv.headers.get('content-type')).toContain('text/csv');
  const lines = (await csv.text()).split('\r\n');
  expect(lines[0]).toBe('at,action,applied,contact id,contact,person,person id,field,label,before,after,reason');
  expect(lines.filter((line) => line.includes(',Ada,'))).toHaveLength(6);
  expect(lines.find((line) => line.includes('NOTES'))).toContain(",'=1+1,");
  expect(lines.find((line) => line.includes('PHONE'))).toContain(",'+49 30 1,");
  const ndjson = await (await api.get(`/runs/${second.id}/changes.ndjson`)).text();
  const [line, ...rest] = ndjson.trimEnd().split('\n');
  expect(rest).toEqual([]);
  expect(JSON.parse(line ?? '')).toMatchObject({
    action: 'UPDATE',
    applied: true,
    contactId: ada,
    contactName: 'Ada',
    fields: [{ field: 'JOB_TITLE', label: null, before: 'Engineer', after: 'Boss' }],
  });
});

test.each(['csv', 'ndjson'])(
  'changes.%s needs the permissions of runs and contacts, and a run of the workspace',
  async (format) => {
    const status = async (id: string, token: string | null) =>
      (await api.get(`/runs/${id}/changes.${format}`, token)).status;
    expect(await status(first.id, null)).toBe(401);
    expect(await status(first.id, await api.tokenWith(['CONTACTS_VIEW']))).toBe(403);
    expect(await status(first.id, await api.tokenWith(['CONTACT_SYNC_VIEW']))).toBe(403);
    const stranger = await api.keys.sign({
      workspace: crypto.randomUUID(),
      permissions: ['CONTACT_SYNC_VIEW', 'CONTACTS_VIEW'],
    });
    expect(await status(first.id, stranger)).toBe(404);
    expect(await status('nonsense', api.token)).toBe(404);
    expect(await status('%ff', api.token)).toBe(404);
  },
);
