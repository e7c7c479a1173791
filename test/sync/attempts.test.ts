import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { people } from '../support/ldap-people.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { createSyncing, type Syncing } from '../support/syncing.ts';

const everybody = 12_000;

describe('a run that is interrupted', () => {
  let slapd: Slapd;
  let syncing: Syncing;
  beforeEach(async () => {
    slapd = await startSlapd({ entries: people(everybody) });
    syncing = await createSyncing();
  });
  afterEach(async () => {
    await syncing.close();
    await slapd.close();
  });

  const expectWhole = async (runId: string) => {
    const lines = await syncing.log(runId);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
    const created = lines.filter(({ code }) => code === 'CONTACT_CREATED').map(({ contactId }) => contactId);
    expect(new Set(created).size).toBe(everybody);
    expect(created).toHaveLength(everybody);
    expect(await syncing.contacts()).toHaveLength(everybody);
    expect((await syncing.run(runId)).counts).toMatchObject({ created: everybody, skipped: 0, failed: 0 });
  };

  test('while applying, leaves whole batches, and the next attempt goes on after them', async () => {
    const connection = await syncing.createConnection(slapd);
    const stop = new AbortController();
    const watcher = await syncing.pool.connect();
    watcher.on('notification', async ({ payload }) => {
      const [, runId = ''] = payload?.split(' ') ?? [];
      const { counts } = await syncing.run(runId);
      if (counts.created > 0) stop.abort(new Error('stopped'));
    });
    await watcher.query('LISTEN contact_sync_run');
    const runId = await syncing.insertRun(connection, {});
    await expect(syncing.carryOut(runId, false, stop.signal)).rejects.toThrow('stopped');
    watcher.release(true);
    const { counts } = await syncing.run(runId);
    expect(counts.created).toBeGreaterThan(0);
    expect(await syncing.contacts()).toHaveLength(counts.created);
    await syncing.carryOut(runId, true);
    await expectWhole(runId);
  });

  test('while reading, starts over without a trace of the first attempt', async () => {
    const connection = await syncing.createConnection(slapd);
    const runId = await syncing.insertRun(connection, {});
    const stop = new AbortController();
    const watcher = await syncing.pool.connect();
    watcher.on('notification', async ({ payload }) => {
      const [, id = ''] = payload?.split(' ') ?? [];
      if ((await syncing.run(id)).counts.read > 0) stop.abort(new Error('stopped'));
    });
    await watcher.query('LISTEN contact_sync_run');
    await expect(syncing.carryOut(runId, false, stop.signal)).rejects.toThrow('stopped');
    watcher.release(true);
    expect(await syncing.contacts()).toHaveLength(0);
    await syncing.carryOut(runId, false);
    await expectWhole(runId);
  });

  test('by another attempt: the older one writes nothing more', async () => {
    const connection = await syncing.createConnection(slapd);
    const runId = await syncing.insertRun(connection, {});
    const older = syncing.store.open(await syncing.claim(runId, false));
    await older.begin([]);
    const newer = syncing.store.open(await syncing.claim(runId, false));
    await newer.begin([]);
    const line = { level: 'INFO', code: 'READING', message: 'late' } as const;
    await expect(older.report({ lines: [line] })).rejects.toMatchObject({ code: 'FENCED' });
    await expect(older.apply(() => ({ progress: 1, lines: [] }), new AbortController().signal)).rejects.toMatchObject({
      code: 'FENCED',
    });
    await expect(older.finish(() => line)).rejects.toMatchObject({ code: 'FENCED' });
    expect(await syncing.log(runId)).toEqual([]);
  });
});
