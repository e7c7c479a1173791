import type { PoolClient } from 'pg';
import type { Actor } from '../../../core/access.ts';
import { storableLine } from '../../../core/outside-text.ts';
import { type NewLogLine, noCounts, type RunCounts, type RunError } from '../../../core/run.ts';
import { isPlanComplete } from '../../../core/run-state.ts';
import { sqlState } from '../../database-failure.ts';
import { appendLines } from '../log/append-lines.ts';
import { hasApplied, type RunRow } from '../run-row.ts';
import { moveRun } from './move-run.ts';

/** How a run ends. Cancelled by null: by no person, e.g. because its connection is gone. */
export type RunEnding =
  | { status: 'FAILED'; error: RunError }
  | { status: 'CANCELLED'; by: Actor | null }
  | { status: 'REJECTED'; by: Actor };

/**
 * Ends a locked run that has not ended: sets its state, adds the last line and notifies other processes. A complete plan stays;
 * the rows of an unfinished one are deleted. `progress` stays as it is. Every run can be ended: if the database refuses to
 * store the details, a shorter ending is stored.
 */
export async function closeRun(client: PoolClient, run: RunRow, ending: RunEnding): Promise<RunRow> {
  await client.query('SAVEPOINT ending');
  try {
    return await closeWith(client, run, ending);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT ending');
    return closeBare(client, run, ending, sqlState(error) ?? '');
  }
}

/** Whether the database refused the data, and would refuse it again. Other errors are about the server, the connection or a lock. */
function isRefusal(error: unknown): boolean {
  return /^(22|23|42|54|P0|XX)/.test(sqlState(error) ?? '');
}

/** Stores only that the run has ended and how. The last line is added if it can be stored. */
async function closeBare(client: PoolClient, run: RunRow, { status }: RunEnding, state: string): Promise<RunRow> {
  const message = `The run ended ${status}; the database refused to store the details (SQLSTATE ${state}).`;
  const error =
    status === 'FAILED' ? { code: 'INTERNAL', message, hint: 'Tell the people who run the service.' } : undefined;
  const ended = await moveRun(client, { workspaceId: run.workspace_id, runId: run.id }, { event: status, error });
  await client.query('SAVEPOINT bare');
  try {
    await appendLines(client, run.workspace_id, run.id, [{ level: 'ERROR', code: 'RUN_FAILED', message }]);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await client.query('ROLLBACK TO SAVEPOINT bare');
  }
  return ended ?? run;
}

async function closeWith(client: PoolClient, run: RunRow, ending: RunEnding): Promise<RunRow> {
  if (!isPlanComplete({ ...run, decidedAt: run.decided_at })) await dropPlan(client, run);
  await appendLines(client, run.workspace_id, run.id, [lastLine(run, ending)]);
  const ended = await moveRun(
    client,
    { workspaceId: run.workspace_id, runId: run.id },
    {
      event: ending.status,
      by: ending.status === 'FAILED' ? null : ending.by,
      error: ending.status === 'FAILED' ? storableError(ending.error) : undefined,
      counts: ending.status === 'REJECTED' ? undefined : appliedCounts(run),
    },
  );
  return ended ?? run;
}

function storableError({ code, message, hint }: RunError): RunError {
  return {
    code: storableLine(code),
    message: storableLine(message),
    hint: hint === null ? null : storableLine(hint),
  };
}

function lastLine(run: RunRow, ending: RunEnding): NewLogLine {
  const applied = hasApplied(run);
  if (ending.status === 'FAILED') return failedLine(ending.error, applied);
  if (ending.status === 'CANCELLED') return cancelledLine(ending.by, applied);
  return { level: 'INFO', code: 'REJECTED', message: `Rejected by ${ending.by.name}. ${whatStays(applied)}` };
}

async function dropPlan(client: PoolClient, run: RunRow): Promise<void> {
  await client.query(`DELETE FROM plan_row WHERE plan_row.workspace_id = $1 AND plan_row.run_id = $2`, [
    run.workspace_id,
    run.id,
  ]);
}

/**
 * Counts what was applied until the run broke off. While a run applies, its counts are those of the changes applied so far.
 * Before that they are at most the plan's. People whose change was not applied are in no count, and so not in `inScope`, the
 * sum.
 */
function appliedCounts({ counts, applied_position, applied_before }: RunRow): RunCounts {
  const applied =
    applied_position === '0'
      ? { ...noCounts, ...applied_before, read: counts.read, unchanged: counts.unchanged, skipped: counts.skipped }
      : counts;
  const { created, updated, linked, reactivated, unchanged, skipped, failed } = applied;
  return { ...applied, inScope: created + updated + linked + reactivated + unchanged + skipped + failed };
}

/** The last line of a cancelled run: who cancelled it, and whether contacts were changed before. */
function cancelledLine(by: Actor | null, applied: boolean): NewLogLine {
  return {
    level: 'INFO',
    code: 'CANCELLED',
    message: `Cancelled${by === null ? '' : ` by ${by.name}`}. ${whatStays(applied)}`,
  };
}

function whatStays(applied: boolean): string {
  return applied ? 'What had been applied until then stays.' : 'Nothing was applied.';
}

/** The last line of a failed run: what happened, what to do, and whether contacts were changed before. */
function failedLine(error: RunError, applied: boolean): NewLogLine {
  return {
    level: 'ERROR',
    code: 'RUN_FAILED',
    message: [
      error.message,
      error.hint,
      applied ? 'What had been applied until then stays.' : 'No contact was changed.',
    ]
      .filter((part) => part !== null)
      .join(' '),
  };
}
