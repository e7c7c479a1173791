import { randomUUID } from 'node:crypto';
import { AppError } from '../core/app-error.ts';
import { DatabaseLost, isDiskFull } from '../core/database-trouble.ts';
import type { ProcessLog } from '../core/process-log.ts';
import type { RunError } from '../core/run.ts';
import type { RunJob } from '../core/run-queue.ts';
import type { ClaimedRun, RunSignals, RunStore, RunSync } from '../core/run-store.ts';
import { watchAttempt } from './watch-attempt.ts';

export type WorkParts = { store: RunStore; signals: RunSignals; runSync: RunSync; log: ProcessLog };

/**
 * Does one job: claims its run, works on it until its end, and ends it when it breaks or is cancelled. `expired` aborts when the run
 * has taken too long, `giveWay` when it must wait again, and `handBack` when the process shuts down; then the run stays as it is for
 * another worker. `databaseLost`: this process worked on the run until the database was lost.
 *
 * Rejects when the run's end could not be stored, and when the database stays away. Then, too, the run stays as it is.
 */
export async function work(parts: WorkParts, job: RunJob, signals: Signals, databaseLost = false): Promise<void> {
  // If the database has lost some data, the run continues from what is still stored.
  for (let again = databaseLost; (await workOnce(parts, job, signals, again)) === 'again'; again = true);
}

type Signals = { expired: AbortSignal; giveWay: AbortSignal; handBack: AbortSignal };

async function workOnce(
  parts: WorkParts,
  job: RunJob,
  { expired, giveWay, handBack }: Signals,
  databaseLost: boolean,
): Promise<'over' | 'again'> {
  const claimed = await parts.store.claim(job, databaseLost);
  if (claimed === null) return 'over';
  const watch = watchAttempt(parts.store, parts.signals, claimed);
  try {
    await parts.runSync(claimed, AbortSignal.any([watch.signal, handBack, expired, giveWay]));
    // A sync that returns should have ended the run. If it has not, the run must not look alive forever.
    await endFailed(parts, claimed, new Error('The run came to no end.'));
  } catch (error) {
    if (isFenced(error) || isFenced(watch.signal.reason)) return 'over';
    if (watch.signal.aborted) await parts.store.end(claimed, { status: 'CANCELLED' });
    else if (handBack.aborted) return 'over';
    else if (error instanceof DatabaseLost && !expired.aborted) {
      if (error.startOver) return 'again';
      throw error;
    } else if (giveWay.aborted && !expired.aborted) await parts.store.giveWay(claimed);
    else await endFailed(parts, claimed, expired.aborted ? tookTooLong() : error);
  } finally {
    watch.stop();
  }
  return 'over';
}

function isFenced(error: unknown): boolean {
  return error instanceof AppError && error.code === 'FENCED';
}

function tookTooLong(): AppError {
  return new AppError('RUN_TIME_LIMIT', 'The run was stopped after a day.', {
    hint: 'Narrow the scope, or look for what makes the source answer so slowly.',
  });
}

function diskIsFull(cause: unknown): AppError {
  return new AppError('DATABASE_FULL', 'The disk of the database is full.', {
    hint: 'Free space on the disk of the database, or give it a larger one, then run again.',
    cause,
  });
}

/** Ends a broken run with the reason. Our own faults get a reference, under which the process log has the details. */
async function endFailed(parts: WorkParts, claimed: ClaimedRun, error: unknown): Promise<void> {
  const isFull = isDiskFull(error);
  if (isFull)
    parts.log.error({ err: error, runId: claimed.run.id }, 'A run failed because the disk of the database is full');
  const fault = isFull ? diskIsFull(error) : error;
  if (!(fault instanceof AppError)) return endInternal(parts, claimed, fault);
  const { code, message, hint } = fault;
  try {
    await parts.store.end(claimed, { status: 'FAILED', error: { code, message, hint } });
  } catch (cause) {
    if (cause instanceof DatabaseLost) throw cause;
    // The text of the error may be what can't be stored.
    await endInternal(parts, claimed, new Error('A run could not be ended with its error.', { cause }));
  }
}

async function endInternal({ store, log }: WorkParts, claimed: ClaimedRun, fault: unknown): Promise<void> {
  const { id: runId, workspaceId } = claimed.run;
  const reference = randomUUID();
  const ended = await store.end(claimed, { status: 'FAILED', error: internal(reference) });
  if (ended) log.error({ err: fault, reference, workspaceId, runId }, 'A run failed because of an internal error');
}

function internal(reference: string): RunError {
  return {
    code: 'INTERNAL',
    message: `Something went wrong inside the service (reference ${reference}).`,
    hint: 'Run again. If it happens again, give this reference to the people who run the service.',
  };
}
