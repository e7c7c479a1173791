import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Data, startApi, type TestApi } from '../support/api.ts';
import { mapping, staffFile } from '../support/staff-file.ts';

let api: TestApi;
let first: Data;
let second: Data;

const rows = [
  { Nr: '1', Name: 'Ada', Mail: 'ada@example.org', Phone: '=cmd()' },
  { Nr: '2', Name: '=HYPERLINK("x")  y', Mail: '', Phone: '' },
  { Nr: '3', Name: 'Cy', Mail: 'same@example.org', Phone: '' },
  { Nr: '4', Name: 'Dot', Mail: 'same@example.org', Phone: '' },
];

beforeAll(async () => {
  api = await startApi();
  const staff = await staffFile(
    api,
    'Staff',
    [
      mapping('DISPLAY_NAME', 'Name'),
      mapping('PRIMARY_EMAIL', 'Mail'),
      mapping('PHONE', 'Phone', 'label: "work" transforms: [PHONE_E164]'),
    ],
    'scope: { requireEmail: false }',
  );
  first = await staff.run(rows);
  second = await staff.run([
    ...rows.slice(0, 3),
    { ...rows[3], Mail: 'dot@example.org', Name: ' Dot' } as Record<string, string>,
  ]);
});
afterAll(() => api?.close());

const fields = `nodes { kind person personId field message isNew } totalCount pageInfo { hasNextPage endCursor }
  counts { kind count before }`;

async function quality(run: Data, args = ''): Promise<Data> {
  return (await api.ask(`query ($id: ID!) { run(id: $id) { quality${args} { ${fields} } } }`, { id: run.id })).run
    .quality;
}

test('a run lists its findings, and counts them beside those of the run before', async () => {
  const { nodes, totalCount, counts } = await quality(second);
  expect(nodes).toEqual([
    {
      kind: 'MISSING_VALUE',
      person: expect.stringContaining('2'),
      personId: '2',
      field: 'PRIMARY_EMAIL',
      message: 'There is no value: Mail.',
      isNew: false,
    },
    expect.objectContaining({ kind: 'STRAY_SPACE', personId: '2', field: 'DISPLAY_NAME', isNew: false }),
    expect.objectContaining({ kind: 'STRAY_SPACE', personId: '4', field: 'DISPLAY_NAME', isNew: true }),
    expect.objectContaining({ kind: 'UNPARSABLE_PHONE', personId: '1', field: 'PHONE', isNew: false }),
  ]);
  expect(totalCount).toBe(4);
  expect(counts).toEqual([
    { kind: 'DUPLICATE_EMAIL', count: 0, before: 2 },
    { kind: 'MISSING_VALUE', count: 1, before: 1 },
    { kind: 'STRAY_SPACE', count: 2, before: 1 },
    { kind: 'UNPARSABLE_PHONE', count: 1, before: 1 },
  ]);
  expect((await quality(second, '(kind: STRAY_SPACE)')).totalCount).toBe(2);
});

test('is read page by page, and a cursor of another run or kind is refused', async () => {
  const { nodes, pageInfo } = await quality(first, '(first: 2)');
  const rest = await quality(first, `(first: 200, after: "${pageInfo.endCursor}")`);
  expect([...nodes, ...rest.nodes]).toEqual((await quality(first)).nodes);
  for (const [run, args] of [
    [second, `after: "${pageInfo.endCursor}"`],
    [first, `after: "${pageInfo.endCursor}", kind: STRAY_SPACE`],
    [first, 'first: 201'],
  ] as const) {
    const query = `query ($id: ID!) { run(id: $id) { quality(${args}) { totalCount } } }`;
    const { errors } = await api.request(query, { id: run.id });
    expect(errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
  }
});

test('is shown for many runs of a list at once', async () => {
  const { runs } = await api.ask('{ runs { nodes { id quality(first: 1) { nodes { kind } totalCount } } } }');
  expect(runs.nodes.map(({ quality: { totalCount } }: Data) => totalCount)).toEqual([4, 5]);
});

test('are right when the source shows again what it showed before a dry run', async () => {
  const staff = await staffFile(api, 'Other staff', [mapping('DISPLAY_NAME', 'Name'), mapping('EMPLOYEE_ID', 'Nr')]);
  const [clean, dirty] = [
    { Nr: '11', Name: 'Eve' },
    { Nr: '12', Name: 'Fay  x' },
  ];
  const ofRun = async (run: Data) => (await quality(run)).nodes.map(({ personId, isNew }: Data) => [personId, isNew]);
  expect(await ofRun(await staff.run([clean, dirty]))).toEqual([['12', true]]);
  const dry = await staff.run(
    [
      { ...clean, Name: ' Eve' },
      { ...dirty, Name: 'Fay' },
    ],
    ', dryRun: true',
  );
  expect(await ofRun(dry)).toEqual([['11', true]]);
  const back = await staff.run([clean, dirty]);
  expect(back.counts).toMatchObject({ unchanged: 2, updated: 0 });
  expect(await ofRun(back)).toEqual([['12', true]]);
  expect(await ofRun(await staff.run([clean, dirty]))).toEqual([['12', false]]);
});

const download = (run: Data, token = api.token): Promise<Response> =>
  fetch(`${api.url}/runs/${run.id}/quality.csv`, { headers: { authorization: `Bearer ${token}` } });

test('can be downloaded as a table in which spreadsheets find no formulas', async () => {
  const response = await download(second);
  expect(response.headers.get('content-type')).toBe('text/csv; charset=utf-8; header=present');
  const [head, ...lines] = (await response.text()).trimEnd().split('\r\n');
  expect(head).toBe('kind,new,person,person id,field,message');
  expect(lines).toHaveLength(4);
  expect(lines[0]).toMatch(/^MISSING_VALUE,false,.*,2,PRIMARY_EMAIL,There is no value: Mail\.$/);
  for (const line of lines) for (const cell of line.split(',')) expect(cell).not.toMatch(/^"?[=+@-]/);
});

test('needs the permission to see contacts', async () => {
  const token = await api.tokenWith(['CONTACT_SYNC_VIEW']);
  const query = 'query ($id: ID!) { run(id: $id) { quality { totalCount } } }';
  const { errors } = await api.request(query, { id: second.id }, token);
  expect(errors?.[0]?.extensions.code).toBe('FORBIDDEN');
  expect((await download(second, token)).status).toBe(403);
  expect((await download({ id: '01890000-0000-7000-8000-000000000000' })).status).toBe(404);
});

test('after its connection was deleted, a run still counts its findings, and says that they are gone', async () => {
  const { connection } = (await api.ask(`query ($id: ID!) { run(id: $id) { connection { id } } }`, { id: second.id }))
    .run;
  const remove = `mutation ($id: ID!) { deleteConnection(id: $id, contacts: KEEP) { deletedId } }`;
  await api.ask(remove, { id: connection.id });
  const { run } = await api.ask(
    `query ($id: ID!) { run(id: $id) { quality { nodes { kind } totalCount counts { kind count before } note } } }`,
    { id: second.id },
  );
  expect(run.quality).toEqual({
    nodes: [],
    totalCount: 0,
    counts: expect.arrayContaining([{ kind: 'STRAY_SPACE', count: 2, before: 1 }]),
    note: 'The findings were deleted together with the connection. Only their numbers are kept.',
  });
});
