import type pg from 'pg';
import { AppError } from '../../../src/core/app-error.ts';
import type { NewLogLine } from '../../../src/core/run.ts';
import { type RunEvent, type RunState, runStates, stepsOf } from '../../../src/core/run-state.ts';
import type { ClaimedRun } from '../../../src/core/run-store.ts';
import { inTransaction } from '../../../src/db/in-transaction.ts';
import { moveRun } from '../../../src/db/run/life/move-run.ts';
import { lockAttempt } from '../../../src/db/run/life/run-attempt.ts';
import { appendLines } from '../../../src/db/run/log/append-lines.ts';
import { tellRun } from '../../../src/db/signals/open-run-signals.ts';

export function line(message: string, level: NewLogLine['level'] = 'INFO'): NewLogLine {
  return {
    level,
    code: 'READING',
    message,
  };
}

/** What the RunSync of a test writes. Like the real one, it writes under the claimed attempt and with its signal. */
export async function write(
  pool: pg.Pool,
  claimed: ClaimedRun,
  { lines = [], set = '', to }: { lines?: NewLogLine[]; set?: string; to?: RunState },
): Promise<void> {
  const { workspaceId, id: runId, connectionId } = claimed.run;
  await inTransaction(pool, async (client) => {
    if ((await lockAttempt(client, claimed)) === null) throw new AppError('FENCED', 'Another worker has taken over.');
    await appendLines(client, workspaceId, runId, lines);
    if (to !== undefined) await moveTo(client, claimed, to);
    if (set !== '') {
      await client.query(`UPDATE run SET ${set}, changed_at = clock_timestamp() WHERE workspace_id = $1 AND id = $2`, [
        workspaceId,
        runId,
      ]);
    }
    await tellRun(client, { workspaceId, runId, connectionId });
  });
}

/** Moves the run to a state by the shortest way. */
async function moveTo(client: pg.PoolClient, claimed: ClaimedRun, goal: RunState): Promise<void> {
  const { workspaceId, id: runId } = claimed.run;
  const row = await lockAttempt(client, claimed);
  const states = Object.keys(runStates) as RunState[];
  const start = states.find((state) => runStates[state].status === row?.status && runStates[state].phase === row.phase);
  if (start === undefined) throw new Error('The run is in no state.');
  const ways: { at: RunState; events: RunEvent[] }[] = [{ at: start, events: [] }];
  for (const { at, events } of ways) {
    if (at === goal) {
      for (const event of events) await moveRun(client, { workspaceId, runId }, { event });
      return;
    }
    for (const event of steps) {
      const to = new Map(stepsOf(event)).get(at);
      if (to !== undefined && ways.every((way) => way.at !== to)) ways.push({ at: to, events: [...events, event] });
    }
  }
  throw new Error(`A run does not come from ${start} to ${goal}.`);
}

/** What happens to a run while a worker works on it. */
const steps: readonly RunEvent[] = ['CONNECTED', 'READ', 'CHECKED', 'HELD', 'SUCCEEDED'];

/** Rejects with the signal's reason when it aborts, like all that waits in a run. */
export function untilAborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
