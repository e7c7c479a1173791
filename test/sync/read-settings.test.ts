import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { done, entry, type FakeServer, startFakeServer } from '../support/ldap-fake-server.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { anna, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';

/** Two people, or those of them who meet the scope's filter. */
const server = () =>
  startFakeServer({
    search: ({ id }) => [
      ...['ada', 'bob'].map((uid) =>
        entry(id, `uid=${uid},dc=example,dc=org`, {
          objectClass: 'inetOrgPerson',
          entryUUID: uid === 'ada' ? '00000000-0000-4000-8000-00000000000a' : '00000000-0000-4000-8000-00000000000b',
          displayName: uid,
          mail: `${uid}@example.org`,
        }),
      ),
      done(id, { cookie: '' }),
    ],
  });

describe('the settings of a run', () => {
  let service: SyncService;
  let syncing: Syncing;
  let [before, after]: FakeServer[] = [];
  const at = (fake: FakeServer | undefined, bindPassword: string) => ({
    url: fake?.url ?? '',
    bindDn: 'cn=reader,dc=example,dc=org',
    bindPassword,
  });
  const urls = (fake: FakeServer | undefined) => ({ source: { urls: [fake?.url ?? ''] } });

  beforeAll(async () => {
    service = await openSyncing();
  });
  beforeEach(async () => {
    [before, after] = [await server(), await server()];
    syncing = await service.workspace();
  });
  afterEach(async () => {
    await before?.close();
    await after?.close();
  });
  afterAll(() => service?.close());

  test('are those of the connection when the run starts to read, not when it was queued, and the run shows their version', async () => {
    const connection = await syncing.createConnection(at(before, 'old password'));
    const runId = await syncing.start(connection);
    await syncing.edit(connection, { ...urls(after), name: 'Moved' }, 'new password');
    expect(await syncing.run(runId)).toMatchObject({ connectionVersion: 1, connectionName: 'Directory 1' });
    const run = await syncing.carryOut(runId);
    expect(run).toMatchObject({ status: 'SUCCEEDED', connectionVersion: 2, connectionName: 'Moved' });
    expect({ before: before?.passwords, after: after?.passwords }).toEqual({ before: [], after: ['new password'] });
  });

  test('never combine the address of one version with the password of another, however often both are edited', async () => {
    const connection = await syncing.createConnection(at(before, 'for before'));
    let over = false;
    const edits = (async () => {
      for (let i = 0; !over; i++)
        await syncing.edit(connection, urls(i % 2 === 0 ? after : before), i % 2 === 0 ? 'for after' : 'for before');
    })();
    for (let i = 0; i < 25; i++) await syncing.sync(connection, { dryRun: true });
    over = true;
    await edits;
    expect(new Set(before?.passwords)).toEqual(new Set(['for before']));
    expect(new Set(after?.passwords)).toEqual(new Set(['for after']));
  });

  test('are read again by an attempt that starts over', async () => {
    const connection = await syncing.createConnection(at(before, 'old password'));
    const runId = await syncing.start(connection);
    expect(await syncing.claim(runId)).toMatchObject({ run: { connectionVersion: 1 } });
    await syncing.edit(connection, urls(after), 'new password');
    expect(await syncing.carryOut(runId)).toMatchObject({ status: 'SUCCEEDED', connectionVersion: 2 });
    expect(before?.passwords).toEqual([]);
    expect(after?.passwords).toEqual(['new password']);
  });

  test('stay those of the plan for an attempt that continues to apply it, which needs no password', async () => {
    const connection = await syncing.createConnection(at(before, 'password'));
    const held = await syncing.sync(connection, { review: true });
    expect((await syncing.runStore.approve(syncing.workspaceId, held.id, held.startedBy)).kind).toBe('done');
    await syncing.edit(connection, { ...urls(after), scope: scopeOf({ filter: '(uid=nobody)' }) }, 'new password');
    await syncing.rows(`UPDATE connection_secret SET sealed = '\\x00'`);
    const run = await syncing.carryOut(held.id);
    expect(run).toMatchObject({ status: 'SUCCEEDED', connectionVersion: 1, counts: { created: 2 } });
    expect(after?.passwords).toEqual([]);
  });

  test('do not allow to approve a plan whose connection was edited since', async () => {
    const connection = await syncing.createConnection(at(before, 'password'));
    const runId = await syncing.start(connection, { review: true });
    await syncing.edit(connection, { priority: 5 });
    expect(await syncing.carryOut(runId)).toMatchObject({ status: 'HELD', connectionVersion: 2 });
    await syncing.edit(connection, {}, 'another password');
    await expect(syncing.approve(runId)).rejects.toThrow('outdated');
  });

  test('are refused if the connection is a Draft: the run fails with that reason, and a dry run continues', async () => {
    const connection = await syncing.createConnection(at(before, 'password'));
    const runId = await syncing.start(connection);
    await syncing.edit(connection, { status: 'DRAFT' });
    const run = await syncing.carryOut(runId);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'CONNECTION_IS_DRAFT', hint: expect.any(String) } });
    expect(before?.passwords).toEqual([]);
    expect(await syncing.sync(connection, { dryRun: true })).toMatchObject({ status: 'SUCCEEDED' });
  });

  test('are missing if the connection is deleted: the run is cancelled', async () => {
    const connection = await syncing.createConnection(at(before, 'password'));
    const runId = await syncing.start(connection);
    await syncing.workspace.deleteConnection(connection, 'KEEP', anna);
    expect(await syncing.carryOut(runId)).toMatchObject({ status: 'CANCELLED', connectionId: null });
    expect(before?.passwords).toEqual([]);
  });

  test('are incomplete while the password can’t be decrypted: the run fails with advice, without a bind', async () => {
    const connection = await syncing.createConnection(at(before, 'password'));
    await syncing.rows(`UPDATE connection_secret SET sealed = '\\x00'`);
    const run = await syncing.sync(connection);
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'SECRET_UNREADABLE', hint: expect.any(String) } });
    expect(before?.passwords).toEqual([]);
  });

  test('are refused if another release has saved an unknown kind of source: the run fails with that reason', async () => {
    const connection = await syncing.createConnection(at(before, 'secret'));
    await syncing.pool.query("UPDATE connection SET kind = 'TELEX' WHERE id = $1", [connection]);
    const run = await syncing.carryOut(await syncing.start(connection));
    expect(run).toMatchObject({
      status: 'FAILED',
      error: { code: 'UNKNOWN_KIND', message: expect.stringContaining('TELEX') },
    });
    expect(before?.passwords).toEqual([]);
    await expect(syncing.connection(connection)).rejects.toMatchObject({ code: 'UNKNOWN_KIND' });
  });

  test('of a test are refused if the connection was edited after its address was checked', async () => {
    const connection = await syncing.createConnection(at(before, 'old password'));
    const { version } = await syncing.connection(connection);
    await syncing.edit(connection, urls(after), 'new password');
    const { workspaceId } = syncing;
    const stored = (seen: number) => syncing.runStore.secrets(workspaceId, { id: connection, version: seen });
    await expect(stored(version)).rejects.toMatchObject({ code: 'CONNECTION_CHANGED' });
    expect(await stored(version + 1)).toEqual({ bindPassword: 'new password' });
  });
});
