import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ClaimedRun } from '../../../../src/core/run-store.ts';
import { inTransaction } from '../../../../src/db/in-transaction.ts';
import { moveRun, type RunMove } from '../../../../src/db/run/life/move-run.ts';
import { anna, openRunsDatabase, type RunsDatabase } from '../../../runner/support/runs-database.ts';
import { claimedRun } from '../../../runner/support/start-claimed.ts';

let db: RunsDatabase;

beforeAll(async () => {
  db = await openRunsDatabase();
});
afterAll(() => db.close());

const move = ({ run: { workspaceId, id } }: ClaimedRun, given: RunMove) =>
  inTransaction(db.pool, (client) => moveRun(client, { workspaceId, runId: id }, given));

const openRuns = async ({ run }: ClaimedRun): Promise<string[]> => {
  const { rows } = await db.pool.query('SELECT run_id FROM open_run WHERE workspace_id = $1', [run.workspaceId]);
  return rows.map(({ run_id }) => run_id);
};

describe('moving a run', () => {
  test('sets the next state, and stores all that belongs to the move', async () => {
    const claimed = await claimedRun(db);
    const { attempt } = claimed;
    expect(await move(claimed, { event: 'CONNECTED', attempt })).toMatchObject({ status: 'RUNNING', phase: 'READING' });
    await move(claimed, { event: 'READ', attempt });
    expect(await move(claimed, { event: 'HELD', attempt })).toMatchObject({ status: 'HELD', phase: 'WAITING' });
    const approved = await move(claimed, { event: 'APPROVED', by: anna });
    expect(approved).toMatchObject({ status: 'QUEUED', phase: 'WAITING', decided_by: anna, attempt });
    expect(approved?.decided_at).toBeInstanceOf(Date);
    expect(await move(claimed, { event: 'TAKEN_TO_APPLY' })).toMatchObject({ phase: 'APPLYING', attempt: attempt + 1 });
    const ended = await move(claimed, { event: 'SUCCEEDED', attempt: attempt + 1 });
    expect(ended).toMatchObject({ status: 'SUCCEEDED', phase: 'FINISHED', progress: 1, cancelled_by: null });
    expect(ended?.finished_at).toBeInstanceOf(Date);
  });

  test('allows a new run of the connection when it ends, and not before', async () => {
    const claimed = await claimedRun(db);
    await move(claimed, { event: 'CONNECTED' });
    await move(claimed, { event: 'GAVE_WAY' });
    expect(await openRuns(claimed)).toEqual([claimed.run.id]);
    expect(await move(claimed, { event: 'CANCELLED', by: anna })).toMatchObject({ cancelled_by: anna, gave_way: 1 });
    expect(await openRuns(claimed)).toEqual([]);
  });

  test('notifies all processes of each step, and says which one was the end', async () => {
    const claimed = await claimedRun(db);
    const heard: boolean[] = [];
    const end = Promise.withResolvers<void>();
    const unsubscribe = db.signals.subscribe(
      ({ runId, ended }) => {
        if (runId !== claimed.run.id) return;
        heard.push(ended);
        if (ended) end.resolve();
      },
      () => undefined,
    );
    await move(claimed, { event: 'CONNECTED' });
    await move(claimed, { event: 'CANCELLED', by: null });
    await end.promise;
    unsubscribe();
    expect(heard.slice(-2)).toEqual([false, true]);
  });

  test('does nothing for an attempt that is not the newest, or after the run has ended', async () => {
    const claimed = await claimedRun(db);
    expect(await move(claimed, { event: 'CONNECTED', attempt: claimed.attempt - 1 })).toBeNull();
    await move(claimed, { event: 'FAILED', error: { code: 'X', message: 'x', hint: null } });
    expect(await move(claimed, { event: 'CONNECTED', attempt: claimed.attempt })).toBeNull();
  });

  test('refuses an event that can’t happen in its state', async () => {
    const claimed = await claimedRun(db);
    await expect(move(claimed, { event: 'APPROVED', by: anna })).rejects.toThrow(
      "APPROVED can't happen to a run that is RUNNING, CONNECTING",
    );
    await expect(move(claimed, { event: 'SUCCEEDED', attempt: claimed.attempt })).rejects.toThrow('SUCCEEDED');
    expect(await openRuns(claimed)).toEqual([claimed.run.id]);
  });

  test('uses the state after a concurrent move, not the one from before it waited for a lock', async () => {
    const claimed = await claimedRun(db);
    const { workspaceId, id: runId } = claimed.run;
    const first = await db.pool.connect();
    await first.query('BEGIN');
    await moveRun(first, { workspaceId, runId }, { event: 'CONNECTED' });
    const second = move(claimed, { event: 'GAVE_WAY' });
    const waits = `SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()`;
    while ((await db.pool.query(waits)).rowCount === 0);
    await moveRun(first, { workspaceId, runId }, { event: 'READ' });
    await moveRun(first, { workspaceId, runId }, { event: 'CHECKED' });
    await first.query('COMMIT');
    first.release();
    // A run that was applying goes on applying. One that was still connecting would start over.
    expect(await second).toMatchObject({ status: 'QUEUED', phase: 'APPLYING' });
  });
});

describe('status and phase of a run', () => {
  const root = join(import.meta.dirname, '../../../../src');
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  const sources = files.map((name) => ({ name, text: readFileSync(join(root, name), 'utf8') }));
  const where = (found: (text: string) => boolean) =>
    sources.filter(({ text }) => found(text)).map(({ name }) => name.replaceAll('\\', '/'));

  test('are set by only one statement', () => {
    const sets = (text: string) =>
      [...text.matchAll(/UPDATE\s+"?run"?\s+(?:AS\s+\w+\s+)?SET\b(.*?)(?:\b(?:WHERE|FROM|RETURNING)\b|`)/gs)].some(
        ([, columns = '']) => /\b(status|phase)"?\s*=/.test(columns),
      );
    expect(where(sets)).toEqual(['db/run/life/move-run.ts']);
  });

  test('are first set where a run is started', () => {
    expect(where((text) => /INSERT INTO "?run"?\s/.test(text))).toEqual(['db/run/life/start-run.ts']);
  });
});
