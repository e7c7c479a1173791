import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { type Answer, type Data, startApi, type TestApi } from '../support/api.ts';
import { mapping, staffFile } from '../support/staff-file.ts';

let api: TestApi;
let token: string;
let staff: Awaited<ReturnType<typeof staffFile>>;
beforeAll(async () => {
  api = await startApi();
});
beforeEach(async () => {
  token = api.token;
  staff = await staffFile(api, 'Staff', [mapping('DISPLAY_NAME', 'Name'), mapping('NOTES', 'Note')]);
});
afterAll(() => api?.close());

const document = `subscription ($after: String, $connection: ID) { contactsChanged(after: $after, connectionId: $connection) {
  cursor changes { id action contactId contactName fields { field before after } changedBy { name } contact { version } } } }`;
const follow = (after: string | null = null, connection: string | null = null) =>
  api.overWebSocket(document, { after, connection }, token);

/** Takes events until this many changes have come. */
async function take(
  events: AsyncIterator<Answer>,
  count: number,
): Promise<{ changes: Data[]; cursor: string; events: number }> {
  const changes: Data[] = [];
  let cursor = '';
  let taken = 0;
  while (changes.length < count) {
    const { value, done } = await events.next();
    if (done) break;
    if (value.errors !== undefined) throw new Error(JSON.stringify(value.errors));
    taken++;
    changes.push(...value.data.contactsChanged.changes);
    cursor = value.data.contactsChanged.cursor;
  }
  return { changes, cursor, events: taken };
}

/** A cursor behind which only changes after this call come. */
async function cursorNow(): Promise<string> {
  const events = follow();
  // Nothing says when the subscription listens. So contacts are changed until it reports a change.
  const first = take(events, 1);
  let made = false;
  void first.then(() => {
    made = true;
  });
  while (!made) await create(`Mark ${Math.random()}`);
  const { cursor } = await first;
  await events.return?.();
  return cursor;
}

async function create(displayName: string): Promise<string> {
  const query = 'mutation ($input: ContactInput!) { createContact(input: $input) { contact { id } } }';
  return (await api.ask(query, { input: { displayName } })).createContact.contact.id;
}
const update = (id: string, company: string) =>
  api.ask('mutation ($id: ID!, $c: String) { updateContact(id: $id, input: { company: $c }) { contact { id } } }', {
    id,
    c: company,
  });

test('reports each change by runs and people once, in order, and continues from a cursor', async () => {
  const start = await cursorNow();
  const id = await create('Ada');
  await update(id, 'Acme');
  await staff.run([{ Nr: '1', Name: 'Bob', Note: '' }]);
  await api.ask('mutation ($id: ID!) { deleteContacts(ids: [$id]) { deletedIds } }', { id });
  const later = (changes: Data[]) => changes.filter(({ contactName }) => !contactName.startsWith('Mark'));
  const events = follow(start);
  const seen: Data[] = [];
  let cursor = start;
  while (later(seen).length < 4) {
    const part = await take(events, 1);
    seen.push(...part.changes);
    cursor = part.cursor;
  }
  await events.return?.();
  expect(later(seen).map(({ action, contactName }) => [action, contactName])).toEqual([
    ['CREATE', 'Ada'],
    ['UPDATE', 'Ada'],
    ['CREATE', 'Bob'],
    ['DELETE', 'Ada'],
  ]);
  expect(later(seen)[1]).toMatchObject({
    contactId: id,
    contact: null,
    fields: [{ field: 'COMPANY', before: null, after: 'Acme' }],
    changedBy: { name: 'Ada Lovelace' },
  });
  const resumed = follow(cursor);
  await update((await create('Cy')) as string, 'Acme');
  expect((await take(resumed, 2)).changes.map(({ action, contactName }) => [action, contactName])).toEqual([
    ['CREATE', 'Cy'],
    ['UPDATE', 'Cy'],
  ]);
});

test('loses and repeats nothing while runs and people change contacts at once, for viewers who come and go', async () => {
  const start = await cursorNow();
  const ids = await Promise.all(Array.from({ length: 10 }, (_, i) => create(`Person ${i}`)));
  const rows = Array.from({ length: 300 }, (_, i) => ({ Nr: String(i), Name: `Staff ${i}`, Note: 'x' }));
  const work = Promise.all([
    staff.run(rows),
    ...ids.flatMap((id) => Array.from({ length: 6 }, (_, i) => update(id, `Company ${i}`))),
  ]);
  const wanted = 10 + 300 + 60;
  const seen: Data[] = [];
  let cursor = start;
  const isOurs = ({ contactName }: Data) => !contactName.startsWith('Mark');
  while (seen.filter(isOurs).length < wanted) {
    const events = follow(cursor);
    const part = await take(events, 1);
    await events.return?.();
    seen.push(...part.changes);
    cursor = part.cursor;
  }
  await work;
  expect(new Set(seen.map(({ id }) => id)).size).toBe(seen.length);
  expect(seen.filter(isOurs)).toHaveLength(wanted);
  // The changes of each contact are in order: each one begins with the state in which the one before it ended.
  for (const id of ids) {
    let company: string | null = null;
    for (const { fields } of seen.filter(({ contactId, action }) => contactId === id && action === 'UPDATE')) {
      expect(fields[0].before).toBe(company);
      company = fields[0].after;
    }
  }
});

test('sends many and long values in several events, at the viewer’s pace', async () => {
  const start = await cursorNow();
  const rows = Array.from({ length: 450 }, (_, i) => ({
    Nr: String(i),
    Name: `Many ${i}`,
    Note: 'n'.repeat(i < 20 ? 60_000 : 10),
  }));
  await staff.run(rows);
  const events = follow(start);
  const seen: Data[] = [];
  let parts = 0;
  while (seen.filter(({ contactName }) => contactName.startsWith('Many')).length < 450) {
    const part = await take(events, 1);
    parts += part.events;
    expect(part.changes.length).toBeLessThanOrEqual(200);
    seen.push(...part.changes);
  }
  expect(parts).toBeGreaterThan(5);
});

test('reports only the changes by one connection, if asked', async () => {
  const other = await staffFile(api, 'Other', [mapping('DISPLAY_NAME', 'Name')]);
  const start = await cursorNow();
  await staff.run([{ Nr: '1', Name: 'From staff', Note: '' }]);
  await create('By hand');
  await other.run([{ Nr: '1', Name: 'From the other' }]);
  const { changes } = await take(follow(start, other.id), 1);
  expect(changes.map(({ contactName }) => contactName)).toEqual(['From the other']);
});

test('refuses garbled and foreign cursors, unknown connections, and viewers without the permission', async () => {
  const start = await cursorNow();
  const codeOf = async (variables: Data, viewer = api.token) => {
    const { value } = await api.overWebSocket(document, variables, viewer).next();
    return value?.errors?.[0]?.extensions.code;
  };
  expect(await codeOf({ after: 'nonsense' })).toBe('BAD_USER_INPUT');
  const stranger = await api.keys.sign({ workspace: crypto.randomUUID(), permissions: ['CONTACTS_VIEW'] });
  expect(await codeOf({ after: start }, stranger)).toBe('BAD_USER_INPUT');
  expect(await codeOf({ connection: '00000000-0000-4000-8000-000000000000' })).toBe('NOT_FOUND');
  expect(await codeOf({}, await api.tokenWith(['CONTACT_SYNC_VIEW']))).toBe('FORBIDDEN');
});

test('refuses a cursor to which the history does not reach back', async () => {
  const start = await cursorNow();
  await create('One');
  const { Client } = await import('pg').then(({ default: pg }) => pg);
  const client = new Client(api.databaseUrl);
  await client.connect();
  try {
    await client.query('DELETE FROM contact_feed_batch WHERE workspace_id = $1', [api.workspace]);
  } finally {
    await client.end();
  }
  const { value } = await follow(start).next();
  expect(value?.errors?.[0]?.extensions.code).toBe('CURSOR_TOO_OLD');
});
