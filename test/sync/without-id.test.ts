import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { done, entry, type FakeServer, startFakeServer } from '../support/ldap-fake-server.ts';
import { createSyncing, type LoneSyncing } from '../support/syncing.ts';
import { removal } from './small-directory.ts';

let syncing: LoneSyncing;
let server: FakeServer;
/** The people in the directory, and which of them show no id. */
let there: string[];
let unreadable: string[];

beforeAll(async () => {
  syncing = await createSyncing();
  server = await startFakeServer({
    search: ({ id }) => [
      ...there.map((uid) =>
        entry(id, `uid=${uid},dc=example,dc=org`, {
          cn: uid,
          mail: `${uid}@example.org`,
          ...(unreadable.includes(uid) ? {} : { entryUUID: uid }),
        }),
      ),
      done(id, { cookie: '' }),
    ],
  });
});
afterAll(async () => {
  await server?.close();
  await syncing?.close();
});

const runWith = async (connection: string, people: string[], withoutId: string[] = []) => {
  there = people;
  unreadable = withoutId;
  return await syncing.sync(connection);
};
const warnings = async (runId: string) => (await syncing.log(runId)).filter(({ level }) => level === 'WARN');

test('if somebody comes without an id, nobody counts as gone, and the log says why', async () => {
  const connection = await syncing.createConnection(server, { removal: removal() });
  await runWith(connection, ['ada', 'bob', 'eve']);
  const odd = await runWith(connection, ['ada', 'bob'], ['bob']);
  expect(odd).toMatchObject({ status: 'SUCCEEDED', counts: { unchanged: 1, skipped: 1, deactivated: 0 } });
  expect(await warnings(odd.id)).toMatchObject([
    {
      code: 'INCOMPLETE_READ',
      message: expect.stringMatching(/^Nobody is removed in this run: 1 person came without/),
    },
    { code: 'NO_ID', person: 'uid=bob,dc=example,dc=org' },
  ]);
  expect(await syncing.rows('SELECT FROM contact_link WHERE gone_since IS NOT NULL')).toEqual([]);
  expect(await runWith(connection, ['ada', 'bob'])).toMatchObject({ counts: { deactivated: 1, unchanged: 2 } });
});

test('an absence that was noted before stays as it is, even when its grace is over', async () => {
  const connection = await syncing.createConnection(server, { removal: removal({ graceDays: 7 }) });
  const mine = 'WHERE connection_id = $1';
  await runWith(connection, ['kim', 'lou']);
  expect(await runWith(connection, ['kim'])).toMatchObject({ counts: { deactivated: 0 } });
  await syncing.rows(`UPDATE contact_link SET gone_since = now() - interval '8 days' ${mine} AND external_id = 'lou'`, [
    connection,
  ]);
  expect(await runWith(connection, ['kim', 'max'], ['max'])).toMatchObject({ counts: { deactivated: 0, skipped: 1 } });
  const gone = `SELECT external_id FROM contact_link ${mine} AND gone_since IS NOT NULL`;
  expect(await syncing.rows(gone, [connection])).toEqual([{ external_id: 'lou' }]);
  expect(await runWith(connection, ['kim'])).toMatchObject({ counts: { deactivated: 1 } });
});

test('a dry run removes nobody either', async () => {
  const connection = await syncing.createConnection(server, { removal: removal() });
  await runWith(connection, ['ned', 'olga']);
  there = ['ned', 'paul'];
  unreadable = ['paul'];
  const run = await syncing.sync(connection, { dryRun: true });
  expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { deactivated: 0, skipped: 1 } });
});
