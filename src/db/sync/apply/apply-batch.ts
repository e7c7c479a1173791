import type { PoolClient } from 'pg';
import { changeFailed, personSkipped } from '../../../core/change-line.ts';
import { countRows, type PlanRows } from '../../../core/plan-counts.ts';
import type { ChangeAction, NewLogLine } from '../../../core/run.ts';
import { isShown, shownName } from '../../change/change-record.ts';
import type { CreationTurns } from '../../contact/change-contact.ts';
import { tellFeed } from '../../contact/tell-feed.ts';
import { byKey } from '../../planner-hints.ts';
import { appendLines } from '../../run/log/append-lines.ts';
import { tellRun } from '../../signals/open-run-signals.ts';
import { tryAgain } from '../../try-again.ts';
import { type Attempt, fencedOff, key, transaction } from '../attempt.ts';
import { leaveKnownAlone } from '../known-elsewhere.ts';
import { type Batch, isOnlyNew } from '../plan-outline.ts';
import { takeStretchBack } from '../revert/apply-revert.ts';
import { changePeople, createPeople } from './change-people.ts';
import { kept, patientTurns } from './patient-turns.ts';
import { dropPeople, noteAbsence } from './people-gone.ts';
import { dropPlanRows, writeRest } from './range.ts';
import { refreshLinks } from './refresh-links.ts';
import { rescue } from './rescue.ts';

/** The position up to which the plan is applied after a batch. */
export type BatchEnd = { position: number };

export type OnBatch = (applied: number, total: number) => { progress: number; lines: NewLogLine[] };

/**
 * What all batches share: their progress, to which each one adds its rows when it commits, and the turns they take.
 * Without turns, two transactions that fill the same tables and indexes at once slow each other down.
 */
export type BatchProgress = { applied: number; total: number; onBatch: OnBatch; turns: CreationTurns };

/**
 * Applies one stretch of the plan in one transaction: contacts, links, outcomes, counts, log lines, the run's position and the
 * notification. Shortly before its end it waits for the batch before it, so that positions and line numbers are in order.
 *
 * Another connection's run, or a person's edit, may hold locks that it needs. The first try waits for locks only briefly: while
 * the batch before it is under way, two runs may wait for each other without the database noticing a deadlock.
 */
export async function applyBatch(
  attempt: Attempt,
  batch: Batch,
  previous: Promise<BatchEnd>,
  progress: BatchProgress,
): Promise<BatchEnd> {
  const end = await tryAgain((tries) => tryBatch(attempt, batch, previous, progress, tries === 1 ? '3s' : '30s'));
  // Only after the commit, because it may take several tries.
  progress.applied += batch.rows;
  return end;
}

function tryBatch(
  attempt: Attempt,
  batch: Batch,
  previous: Promise<BatchEnd>,
  progress: BatchProgress,
  patience: string,
): Promise<BatchEnd> {
  return transaction(attempt, async (client) => {
    // A crash of the database may lose the latest batches, but only whole ones; the run then goes on before them. The end of the
    // run waits for the disk, and so makes all earlier commits durable.
    await client.query(`SET LOCAL lock_timeout = '${patience}'; SET LOCAL synchronous_commit = off; ${byKey}`);
    await client.query('SAVEPOINT batch');
    const turns = patientTurns(client, progress.turns);
    let asDecided = isOnlyNew(batch) && attempt.reverts === null;
    try {
      if ((await leaveKnown(client, attempt, batch)) > 0) asDecided = false;
      await applyRows(client, attempt, batch, turns);
    } catch (error) {
      asDecided = false;
      await client.query('ROLLBACK TO SAVEPOINT batch');
      // The rescue may take long. First wait for the batch before, so that nothing waits for us while we wait for it.
      await kept(client, previous);
      await rescue(client, attempt, batch, error, (part) => applyRows(client, attempt, part, turns));
    }
    const outcomes = asDecided ? asPlanned(batch) : await readOutcomes(client, attempt, batch);
    const exceptions = await exceptionLines(client, attempt, batch, outcomes);
    const range = { client, attempt, first: batch.first, last: batch.last };
    if (batch.actions.size > 1 || !batch.actions.has('CREATE') || !asDecided) await writeRest(range);
    await dropPlanRows(range);
    const before = await kept(client, previous);
    return endBatch(client, attempt, batch, outcomes, exceptions, before, progress);
  });
}

async function applyRows(
  client: PoolClient,
  attempt: Attempt,
  { first, last, actions }: Batch,
  turns: CreationTurns,
): Promise<void> {
  const range = { client, attempt, first, last };
  if (attempt.reverts !== null) return takeStretchBack(range);
  const has = (...some: ChangeAction[]): boolean => some.some((action) => actions.has(action));
  if (has('DEACTIVATE', 'DELETE')) await dropPeople(range);
  if (has('UPDATE', 'LINK', 'REACTIVATE')) await changePeople(range);
  if (has('NONE')) {
    await noteAbsence(range);
    await refreshLinks(range);
  }
  if (has('CREATE')) await createPeople(range, turns);
}

function leaveKnown(client: PoolClient, attempt: Attempt, { first, last, actions }: Batch): Promise<number> {
  return actions.has('CREATE') && attempt.reverts === null
    ? leaveKnownAlone({ client, attempt, first, last })
    : Promise.resolve(0);
}

/** The outcomes of a batch of new people: all are created, or the batch fails. */
function asPlanned({ actions }: Batch): PlanRows[] {
  return [{ action: 'CREATE', stays: null, outcome: null, count: actions.get('CREATE') ?? 0 }];
}

async function readOutcomes(client: PoolClient, attempt: Attempt, { first, last }: Batch): Promise<PlanRows[]> {
  const { rows } = await client.query<PlanRows>(
    `SELECT action, stays, outcome, count(*)::int AS count FROM ${attempt.plan}
     WHERE workspace_id = $1 AND run_id = $2 AND position BETWEEN $3 AND $4 AND action <> 'SKIP'
       AND ${isShown(attempt.plan)} GROUP BY 1, 2, 3`,
    [...key(attempt), first, last],
  );
  return rows;
}

async function endBatch(
  client: PoolClient,
  attempt: Attempt,
  batch: Batch,
  rows: readonly PlanRows[],
  exceptions: readonly NewLogLine[],
  before: BatchEnd,
  progress: BatchProgress,
): Promise<BatchEnd> {
  const { unchanged: _, ...counts } = countRows(rows);
  const told = progress.onBatch(progress.applied + batch.rows, progress.total);
  const lines = [...exceptions, ...told.lines];
  const applied = rows.filter(({ outcome }) => outcome === null).reduce((sum, { count }) => sum + count, 0);
  const { rows: updated } = await client.query<{ last_seq: number }>(
    `UPDATE run SET applied_position = $5, last_seq = last_seq + $6, progress = $7, changed_at = clock_timestamp(),
       counts = counts || (SELECT jsonb_object_agg(key, (counts->>key)::int + value::int) FROM jsonb_each_text($8::jsonb))
     WHERE workspace_id = $1 AND id = $2 AND attempt = $3 AND applied_position = $4 AND status = 'RUNNING'
       AND (connection_id IS NOT NULL OR reverts IS NOT NULL)
     RETURNING last_seq`,
    [...key(attempt), attempt.attempt, before.position, batch.last, applied, told.progress, JSON.stringify(counts)],
  );
  const run = updated[0];
  if (run === undefined) throw fencedOff();
  if (applied > 0)
    await client.query(
      `INSERT INTO run_log (workspace_id, run_id, seq, last_seq, at, level, code, message, first_position, last_position)
       VALUES ($1, $2, $3, $4, clock_timestamp(), 'DEBUG', 'APPLYING', '', $5, $6)`,
      [
        ...key(attempt),
        run.last_seq - applied + 1,
        run.last_seq,
        attempt.base + batch.first,
        attempt.base + batch.last,
      ],
    );
  await appendLines(client, attempt.workspaceId, attempt.runId, lines);
  await tellRun(client, attempt);
  const stretch = { changeSet: attempt.runId, first: attempt.base + batch.first, last: attempt.base + batch.last };
  if (rows.length > 0) await tellFeed(client, attempt.workspaceId, stretch);
  return { position: batch.last };
}

type ExceptionRow = {
  outcome: 'LEFT_ALONE' | 'FAILED';
  code: NewLogLine['code'];
  reason: string;
  person: string;
  person_id: string | null;
  contact_id: string | null;
  name: string;
};

/** The log lines of people who were left alone or failed. */
async function exceptionLines(
  client: PoolClient,
  attempt: Attempt,
  { first, last }: Batch,
  outcomes: readonly PlanRows[],
): Promise<NewLogLine[]> {
  if (outcomes.every(({ outcome }) => outcome === null)) return [];
  const { rows } = await client.query<ExceptionRow>(
    `SELECT outcome, code, reason, person, person_id, CASE action WHEN 'CREATE' THEN NULL ELSE contact_id END AS contact_id,
       ${shownName(attempt.plan)} AS name
     FROM ${attempt.plan}
     WHERE workspace_id = $1 AND run_id = $2 AND position BETWEEN $3 AND $4 AND outcome IS NOT NULL ORDER BY position`,
    [...key(attempt), first, last],
  );
  return rows.map((row) => ({
    level: row.outcome === 'FAILED' ? 'ERROR' : 'WARN',
    code: row.outcome === 'FAILED' ? 'APPLY_FAILED' : row.code,
    message: (row.outcome === 'FAILED' ? changeFailed : personSkipped)(row.name, row.reason),
    person: row.person,
    personId: row.person_id,
    contactId: row.contact_id,
  }));
}
