import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { RunCounts } from '../../src/core/run.ts';
import { people } from '../support/ldap-people.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';

const everybody = 12_000;
const runStarted = { level: 'INFO', code: 'RUN_STARTED', message: 'Run.' } as const;

describe('a run that is interrupted', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  beforeAll(async () => {
    slapd = await startSlapd({ entries: people(everybody) });
    service = await openSyncing();
  });
  beforeEach(async () => {
    syncing = await service.workspace();
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  /** Hands the run back as soon as its counts meet the condition. */
  const handBackWhen = (due: (counts: RunCounts) => boolean) => {
    const stop = new AbortController();
    const unsubscribe = service.signals.subscribe(
      async ({ workspaceId, runId }) => {
        if (workspaceId !== syncing.workspaceId || stop.signal.aborted) return;
        if (due((await syncing.run(runId)).counts)) stop.abort(new Error('handed back'));
      },
      () => {},
    );
    stop.signal.addEventListener('abort', unsubscribe);
    return stop.signal;
  };

  const expectWhole = async (runId: string) => {
    const lines = await syncing.log(runId);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
    const created = lines.filter(({ code }) => code === 'CONTACT_CREATED').map(({ contactId }) => contactId);
    expect(new Set(created).size).toBe(everybody);
    expect(created).toHaveLength(everybody);
    expect(await syncing.contacts()).toHaveLength(everybody);
    expect((await syncing.run(runId)).counts).toMatchObject({ created: everybody, skipped: 0, failed: 0 });
  };

  test('while applying, leaves whole batches, and the next attempt continues after them', async () => {
    const runId = await syncing.start(await syncing.createConnection(slapd));
    const { counts, status } = await syncing.carryOut(
      runId,
      handBackWhen(({ created }) => created > 0),
    );
    expect(status).toBe('RUNNING');
    expect(counts.created).toBeGreaterThan(0);
    expect(await syncing.contacts()).toHaveLength(counts.created);
    await syncing.carryOut(runId);
    await expectWhole(runId);
  });

  test('while reading, starts over without a trace of the first attempt', async () => {
    const runId = await syncing.start(await syncing.createConnection(slapd));
    const { status } = await syncing.carryOut(
      runId,
      handBackWhen(({ read }) => read > 0),
    );
    expect(status).toBe('RUNNING');
    expect(await syncing.contacts()).toHaveLength(0);
    await syncing.carryOut(runId);
    await expectWhole(runId);
  });

  test('by another attempt: the older one writes nothing more', async () => {
    const runId = await syncing.start(await syncing.createConnection(slapd));
    const older = syncing.store.open(await syncing.claim(runId));
    await older.begin(runStarted);
    const newer = syncing.store.open(await syncing.claim(runId));
    await newer.begin(runStarted);
    const before = await syncing.log(runId);
    const line = { level: 'INFO', code: 'READING', message: 'late' } as const;
    await expect(older.report({ lines: [line] })).rejects.toMatchObject({ code: 'FENCED' });
    await expect(older.apply(() => ({ progress: 1, lines: [] }), new AbortController().signal)).rejects.toMatchObject({
      code: 'FENCED',
    });
    await expect(older.finish(() => line)).rejects.toMatchObject({ code: 'FENCED' });
    expect(await syncing.log(runId)).toEqual(before);
  });
});
