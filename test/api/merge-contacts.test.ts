import { afterAll, beforeAll, expect, test } from '@jest/globals';
import pg from 'pg';
import { forgetUnneeded } from '../../src/db/contact/forget-unneeded.ts';
import { keepPartitions } from '../../src/db/partition/keep-partitions.ts';
import { type Data, startApi, type TestApi } from '../support/api.ts';
import { mapping, staffFile } from '../support/staff-file.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api?.close());

const shown = `id status displayName company jobTitle primaryEmail emails { label value } phones { label value } notes portalAccess
  sources { connectionName } history { totalCount nodes { action reason contactId } }`;

async function merge(keepId: string, dropId: string): Promise<Data> {
  const query = `mutation ($keepId: ID!, $dropId: ID!) { mergeContacts(keepId: $keepId, dropId: $dropId) {
    contact { ${shown} } userErrors { field code message } } }`;
  return (await api.ask(query, { keepId, dropId })).mergeContacts;
}
async function create(input: Data): Promise<string> {
  const query =
    'mutation ($input: ContactInput!) { createContact(input: $input) { contact { id } userErrors { code } } }';
  return (await api.ask(query, { input })).createContact.contact.id;
}
async function contactOf(email: string): Promise<Data> {
  return (await api.ask(`query ($email: String) { contacts(email: $email) { nodes { ${shown} } } }`, { email }))
    .contacts.nodes[0];
}

let nth = 0;
const staffOf = (more = '') =>
  staffFile(
    api,
    `Staff ${++nth}`,
    [mapping('DISPLAY_NAME', 'Name'), mapping('PRIMARY_EMAIL', 'Mail'), mapping('JOB_TITLE', 'Title')],
    more,
  );

test('two contacts of one person become one: the values of the first, and what is empty there from the second', async () => {
  const keep = await create({
    displayName: 'Ada',
    company: 'Acme',
    primaryEmail: 'ada@acme.example',
    phones: [{ label: 'work', value: '123456' }],
    portalAccess: true,
  });
  const drop = await create({
    displayName: 'Ada L.',
    company: 'Other',
    jobTitle: 'Engineer',
    primaryEmail: 'ada@home.example',
    phones: [
      { label: 'home', value: '777777' },
      { label: 'work', value: '123456' },
    ],
    notes: 'kept',
  });
  const { contact, userErrors } = await merge(keep, drop);
  expect(userErrors).toEqual([]);
  expect(contact).toMatchObject({
    id: keep,
    displayName: 'Ada',
    company: 'Acme',
    jobTitle: 'Engineer',
    primaryEmail: 'ada@acme.example',
    emails: [{ label: 'other', value: 'ada@home.example' }],
    phones: [
      { label: 'work', value: '123456' },
      { label: 'home', value: '777777' },
    ],
    notes: 'kept',
    portalAccess: true,
  });
  expect((await api.ask('query ($id: ID!) { contact(id: $id) { id } }', { id: drop })).contact).toBeNull();
  expect(contact.history.nodes.map(({ action, contactId }: Data) => [action, contactId])).toEqual([
    ['UPDATE', keep],
    ['DELETE', drop],
    ['CREATE', drop],
    ['CREATE', keep],
  ]);
  expect(contact.history.nodes[0].reason).toContain('Ada L.');
});

test('the connections of both feed the contact that stays, and later runs keep it so', async () => {
  const [one, two] = [await staffOf(), await staffOf()];
  await one.run([{ Nr: '1', Name: 'Bob', Mail: 'bob@one.example', Title: 'Cook' }]);
  await two.run([{ Nr: 'b', Name: 'Robert', Mail: 'bob@two.example', Title: 'Chef' }]);
  const [keep, drop] = [await contactOf('bob@one.example'), await contactOf('bob@two.example')];
  const { contact } = await merge(keep.id, drop.id);
  expect(contact.sources).toHaveLength(2);
  for (const run of [
    await two.run([{ Nr: 'b', Name: 'Robert', Mail: 'bob@two.example', Title: 'Chef' }]),
    await one.run([{ Nr: '1', Name: 'Bob', Mail: 'bob@one.example', Title: 'Cook' }]),
  ])
    expect(run.counts).toMatchObject({ created: 0, linked: 0, skipped: 0 });
  expect(await contactOf('bob@one.example')).toMatchObject({ id: keep.id, displayName: 'Bob', jobTitle: 'Cook' });
  // The first connection has lost the person; the second one still feeds the contact.
  await one.run([{ Nr: '9', Name: 'Else', Mail: 'else@one.example' }]);
  await two.run([{ Nr: 'b', Name: 'Robert', Mail: 'bob@two.example', Title: 'Chef' }]);
  expect(await contactOf('bob@two.example')).toMatchObject({ id: keep.id, status: 'ACTIVE', displayName: 'Robert' });
});

test('a countdown ends at once when the contact is merged with one that a connection feeds, and goes on without one', async () => {
  const removal = 'removal: { action: DEACTIVATE, graceDays: 30, maxPercent: 100 }';
  const [left, stays] = [await staffOf(removal), await staffOf()];
  const row = (Nr: string, Name: string) => ({ Nr, Name, Mail: `${Name.toLowerCase()}@left.example`, Title: '' });
  await left.run([row('1', 'Gus'), row('2', 'Hal'), row('3', 'Ivo')]);
  await stays.run([{ Nr: 'g', Name: 'Gustav', Mail: 'gus@stays.example', Title: 'Cook' }]);
  await left.run([row('3', 'Ivo')]);
  const due = async (args = 'dueForRemoval: true') =>
    (await api.ask(`{ contacts(${args}) { totalCount nodes { id displayName removalDueAt } } }`)).contacts;
  const counting = await due();
  expect([counting.totalCount, counting.nodes.map(({ displayName }: Data) => displayName)]).toEqual([
    2,
    ['Gus', 'Hal'],
  ]);
  expect((await due(`dueForRemoval: false, connectionId: "${left.id}"`)).nodes).toMatchObject([{ displayName: 'Ivo' }]);
  const [gus, hal] = counting.nodes;
  await merge(gus.id, (await contactOf('gus@stays.example')).id);
  await merge(hal.id, await create({ displayName: 'Hal by hand' }));
  expect((await due()).nodes).toEqual([hal]);
  expect((await left.run([row('3', 'Ivo')])).counts).toMatchObject({ deactivated: 0 });
  expect((await due()).nodes).toEqual([hal]);
});

test('the history follows through several merges', async () => {
  const [a, b, c] = [
    await create({ displayName: 'A' }),
    await create({ displayName: 'B' }),
    await create({ displayName: 'C' }),
  ];
  await merge(b, c);
  const { contact } = await merge(a, b);
  expect(contact.history.nodes.map(({ action, contactId }: Data) => [action, contactId])).toEqual([
    ['UPDATE', a],
    ['DELETE', b],
    ['UPDATE', b],
    ['DELETE', c],
    ['CREATE', c],
    ['CREATE', b],
    ['CREATE', a],
  ]);
});

test('an inactive contact becomes active when it is merged with an active one', async () => {
  const keep = await create({ displayName: 'Asleep', status: 'INACTIVE' });
  const drop = await create({ displayName: 'Awake', primaryEmail: 'awake@example.org', portalAccess: true });
  expect((await merge(keep, drop)).contact).toMatchObject({
    status: 'ACTIVE',
    primaryEmail: 'awake@example.org',
    portalAccess: false,
  });
});

test('a contact that a merge makes active gets back the access that its removal took away', async () => {
  const staff = await staffOf();
  const stays = { Nr: '2', Name: 'Stays', Mail: 'stays@example.org' };
  await staff.run([{ Nr: '1', Name: 'Gone', Mail: 'gone@example.org' }, stays]);
  const { id } = await contactOf('gone@example.org');
  await api.ask('mutation ($id: ID!) { updateContact(id: $id, input: { portalAccess: true }) { contact { id } } }', {
    id,
  });
  await staff.run([stays]);
  expect(await contactOf('gone@example.org')).toMatchObject({ status: 'INACTIVE', portalAccess: false });
  const { contact } = await merge(id, await create({ displayName: 'Back' }));
  expect(contact).toMatchObject({ status: 'ACTIVE', portalAccess: true });
  expect(contact.history.nodes[0].action).toBe('REACTIVATE');
});

test('is refused if a third active contact has the primary email, and nothing is changed', async () => {
  const keep = await create({ displayName: 'Resting', status: 'INACTIVE', primaryEmail: 'same@example.org' });
  await create({ displayName: 'Holder', primaryEmail: 'same@example.org' });
  const drop = await create({ displayName: 'Other', jobTitle: 'Pilot' });
  expect(await merge(keep, drop)).toMatchObject({
    contact: null,
    userErrors: [{ code: 'EMAIL_TAKEN', field: ['keepId'], message: expect.stringContaining('"Holder"') }],
  });
  const { contact } = await api.ask('query ($id: ID!) { contact(id: $id) { jobTitle } }', { id: drop });
  expect(contact).toEqual({ jobTitle: 'Pilot' });
});

test('is refused if both together have more emails or phones than a contact may have', async () => {
  const phones = (first: number) =>
    Array.from({ length: 26 }, (_, i) => ({ label: 'work', value: `+49 30 ${first + i}` }));
  const keep = await create({ displayName: 'Many', phones: phones(1000) });
  const drop = await create({ displayName: 'Many more', phones: phones(2000) });
  expect(await merge(keep, drop)).toMatchObject({
    contact: null,
    userErrors: [{ code: 'TOO_MANY', field: ['dropId'], message: expect.stringContaining('PHONE') }],
  });
});

test('is refused if one connection has two people for them, with itself, and for unknown contacts', async () => {
  const staff = await staffOf();
  await staff.run([
    { Nr: '1', Name: 'Eve', Mail: 'eve@example.org' },
    { Nr: '2', Name: 'Fay', Mail: 'fay@example.org' },
  ]);
  const [eve, fay] = [await contactOf('eve@example.org'), await contactOf('fay@example.org')];
  expect(await merge(eve.id, fay.id)).toMatchObject({
    contact: null,
    userErrors: [{ code: 'DIFFERENT_PEOPLE', field: ['dropId'] }],
  });
  expect(await merge(eve.id, eve.id)).toMatchObject({ userErrors: [{ code: 'CONTRADICTION' }] });
  expect((await contactOf('fay@example.org')).id).toBe(fay.id);
  const query = 'mutation ($a: ID!, $b: ID!) { mergeContacts(keepId: $a, dropId: $b) { contact { id } } }';
  const { errors } = await api.request(query, { a: eve.id, b: '00000000-0000-4000-8000-000000000000' });
  expect(errors?.[0]?.extensions.code).toBe('NOT_FOUND');
  // One of the two persons has left the source, so their contacts can be merged.
  await staff.run([{ Nr: '1', Name: 'Eve', Mail: 'eve@example.org' }]);
  expect((await merge(eve.id, fay.id)).userErrors).toEqual([]);
  expect((await staff.run([{ Nr: '1', Name: 'Eve', Mail: 'eve@example.org' }])).counts).toMatchObject({
    created: 0,
    skipped: 0,
  });
});

test('two merges of the same contacts at once make one of them', async () => {
  const [a, b] = [await create({ displayName: 'Left' }), await create({ displayName: 'Right' })];
  const query = 'mutation ($a: ID!, $b: ID!) { mergeContacts(keepId: $a, dropId: $b) { contact { id } } }';
  const answers = await Promise.all([api.request(query, { a, b }), api.request(query, { a: b, b: a })]);
  expect(answers.filter(({ errors }) => errors === undefined)).toHaveLength(1);
  expect(answers.flatMap(({ errors }) => errors ?? []).map(({ extensions }) => extensions.code)).toEqual(['NOT_FOUND']);
});

test('the history of the dropped contact is shown as long as it is kept; then the merge is forgotten', async () => {
  const [keep, drop] = [await create({ displayName: 'Kept' }), await create({ displayName: 'Dropped' })];
  const { contact } = await merge(keep, drop);
  const pool = new pg.Pool({ connectionString: api.databaseUrl, max: 1 });
  try {
    const merges = async () => (await pool.query('SELECT FROM merged_contact WHERE dropped_id = $1', [drop])).rowCount;
    await pool.query(`UPDATE merged_contact SET merged_at = now() - interval '800 days'`);
    await forgetUnneeded(pool, 730);
    expect(await merges()).toBe(1);
    const query = 'query ($id: ID!) { contact(id: $id) { history { totalCount } } }';
    expect((await api.ask(query, { id: keep })).contact.history.totalCount).toBe(contact.history.totalCount);
    const client = await pool.connect();
    const now = new Date(Date.now() + 800 * 86_400_000);
    await keepPartitions(client, { now, retention: { logDays: 90, historyDays: 730 } });
    client.release();
    await forgetUnneeded(pool, 730);
    expect(await merges()).toBe(0);
  } finally {
    await pool.end();
  }
});
