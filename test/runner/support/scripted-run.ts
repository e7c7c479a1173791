import type pg from 'pg';
import { AppError } from '../../../src/core/app-error.ts';
import type { NewLogLine } from '../../../src/core/run.ts';
import type { ClaimedRun } from '../../../src/core/run-store.ts';
import { inTransaction } from '../../../src/db/in-transaction.ts';
import { lockAttempt } from '../../../src/db/run/life/run-attempt.ts';
import { appendLines } from '../../../src/db/run/log/append-lines.ts';
import { tellRun } from '../../../src/db/run/tell-run.ts';

export const line = (message: string, level: NewLogLine['level'] = 'INFO'): NewLogLine => ({
  level,
  code: 'READING',
  message,
});

/** What the tests' own RunSync writes, as the real one does: under the claimed attempt, with its signal. */
export async function write(
  pool: pg.Pool,
  claimed: ClaimedRun,
  { lines = [], set = '' }: { lines?: NewLogLine[]; set?: string },
): Promise<void> {
  const { workspaceId, id: runId, connectionId } = claimed.run;
  await inTransaction(pool, async (client) => {
    if ((await lockAttempt(client, claimed)) === null) throw new AppError('FENCED', 'Another worker has taken over.');
    await appendLines(client, workspaceId, runId, lines);
    if (set !== '') {
      await client.query(`UPDATE run SET ${set}, changed_at = clock_timestamp() WHERE workspace_id = $1 AND id = $2`, [
        workspaceId,
        runId,
      ]);
    }
    await tellRun(client, { workspaceId, runId, connectionId });
  });
}

export const succeeded = `status = 'SUCCEEDED', phase = 'FINISHED', progress = 1, finished_at = clock_timestamp()`;
export const held = `status = 'HELD', phase = 'WAITING'`;

/** Rejects with the signal's reason once it aborts, as everything that waits in a run does. */
export const untilAborted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
