import type { PoolClient } from 'pg';
import { notApplied } from '../../../core/change-line.ts';
import type { ChangeAction } from '../../../core/run.ts';
import { notTakenBack } from '../../../core/taking-back.ts';
import { byKey, byList } from '../../planner-hints.ts';
import { type Attempt, key } from '../attempt.ts';
import { leaveKnownAlone } from '../known-elsewhere.ts';
import type { Batch } from '../plan-outline.ts';
import { leaveChangedAlone } from './range.ts';

/**
 * Applies a stretch that could not be applied as a whole. Leaves people alone whose address somebody else has got meanwhile. Then
 * tries halves, down to the single rows that fail, and notes with each the database's reason.
 *
 * @throws the error again when it is about the connection or the server, not about the rows.
 */
export async function rescue(
  client: PoolClient,
  attempt: Attempt,
  batch: Batch,
  error: unknown,
  apply: (part: Batch) => Promise<void>,
): Promise<void> {
  if (!isAboutRows(error)) throw error;
  const range = { client, attempt, first: batch.first, last: batch.last };
  await leaveChangedAlone(range, `'UPDATE', 'LINK', 'REACTIVATE'`);
  if (attempt.reverts === null) await leaveKnownAlone(range);
  // A person who is left alone keeps an address that another person may be waiting for, so look until nothing changes.
  await client.query(byList);
  while ((await leaveTakenAlone(client, attempt, batch)) > 0);
  await client.query(byKey);
  await halve(client, attempt, batch, apply);
}

/** SQL: the `SET` items that leave a person alone. `reason`: the placeholder of `whyTaken`. */
function leaveAlone(reason: string): string {
  return `outcome = 'LEFT_ALONE', code = 'EMAIL_TAKEN', reason = format(${reason}, change.primary_email)`;
}
const whyTaken = notApplied.addressTaken('%s');

/** Leaves people alone who claim the address of a contact that does not give it up in this stretch. Returns their number. */
async function leaveTakenAlone(client: PoolClient, attempt: Attempt, { first, last }: Batch): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE ${attempt.plan} AS change SET ${leaveAlone('$5')}
     FROM contact
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position BETWEEN $3 AND $4 AND change.outcome IS NULL
       AND change.action IN ('CREATE', 'UPDATE', 'LINK', 'REACTIVATE') AND contact.workspace_id = $1
       AND contact.email_key = change.email_key AND contact.status = 'ACTIVE' AND contact.id IS DISTINCT FROM change.contact_id
       AND contact.id NOT IN (
         SELECT freeing.contact_id FROM ${attempt.plan} AS freeing
         JOIN contact AS holder ON holder.workspace_id = freeing.workspace_id AND holder.id = freeing.contact_id
         WHERE freeing.workspace_id = $1 AND freeing.run_id = $2 AND freeing.position BETWEEN $3 AND $4
           AND freeing.outcome IS NULL AND freeing.action IN ('UPDATE', 'LINK')
           AND freeing.email_key IS DISTINCT FROM holder.email_key)`,
    [...key(attempt), first, last, whyTaken],
  );
  return rowCount ?? 0;
}

async function halve(
  client: PoolClient,
  attempt: Attempt,
  batch: Batch,
  apply: (part: Batch) => Promise<void>,
): Promise<void> {
  await client.query('SAVEPOINT part');
  try {
    await apply(batch);
    await client.query('RELEASE SAVEPOINT part');
    return;
  } catch (error) {
    await client.query('ROLLBACK TO SAVEPOINT part');
    if (!isAboutRows(error)) throw error;
    if (batch.rows <= 1) return fail(client, attempt, batch, error);
  }
  for (const part of await split(client, attempt, batch)) await halve(client, attempt, part, apply);
}

type PartRow = { half: number; action: ChangeAction; first: string; last: string; count: number };

async function split(client: PoolClient, attempt: Attempt, batch: Batch): Promise<Batch[]> {
  const { rows } = await client.query<PartRow>(
    `SELECT half, action, min(position) AS first, max(position) AS last, count(*)::int AS count
     FROM (SELECT action, position, ntile(2) OVER (ORDER BY position) AS half FROM ${attempt.plan}
           WHERE workspace_id = $1 AND run_id = $2 AND position BETWEEN $3 AND $4) AS halves
     GROUP BY half, action`,
    [...key(attempt), batch.first, batch.last],
  );
  return [1, 2].flatMap((half) => {
    const own = rows.filter((row) => row.half === half);
    if (own.length === 0) return [];
    return {
      first: Math.min(...own.map(({ first }) => Number(first))),
      last: Math.max(...own.map(({ last }) => Number(last))),
      rows: own.reduce((sum, { count }) => sum + count, 0),
      actions: new Map(own.map(({ action, count }) => [action, count])),
    };
  });
}

/** Notes the failure. Never uses the server's message or detail: they may contain values of other people. */
async function fail(client: PoolClient, attempt: Attempt, { first }: Batch, error: DataError): Promise<void> {
  const row = 'change.workspace_id = $1 AND change.run_id = $2 AND change.position = $3';
  if (error.constraint === uniqueAddress) {
    const update = `UPDATE ${attempt.plan} AS change SET ${leaveAlone('$4')} WHERE ${row}`;
    await client.query(update, [...key(attempt), first, whyTaken]);
    return;
  }
  if (error.constraint === uniquePerson || (attempt.reverts !== null && isTaken(error))) {
    const update = `UPDATE ${attempt.plan} AS change SET outcome = 'LEFT_ALONE', code = 'CHANGED_SINCE_PLAN', reason = $4 WHERE ${row}`;
    await client.query(update, [
      ...key(attempt),
      first,
      attempt.reverts === null ? notApplied.madeByAnother : notTakenBack.changed,
    ]);
    return;
  }
  const what = error.constraint ?? error.column ?? 'a value';
  await client.query(
    `UPDATE ${attempt.plan} AS change SET outcome = 'FAILED', code = 'APPLY_FAILED', reason = $4 WHERE ${row}`,
    [...key(attempt), first, notApplied.refused(what, error.code)],
  );
}

/** The unique index of addresses of the workspace's active contacts. */
const uniqueAddress = 'contact_email_of_active';
/** The unique index of the people without an address for whom contacts were made. */
const uniquePerson = 'contact_of_person';

/** Somebody has made the contact again, or linked its person, at the same moment. */
function isTaken({ constraint = '' }: DataError): boolean {
  return constraint === 'contact_pkey' || constraint === 'contact_link_pkey';
}

type DataError = { code: string; constraint?: string; column?: string };

/** Classes 22 (data), 23 (constraints) and 54 (limits) are about rows. All others are about the server or our code. */
function isAboutRows(error: unknown): error is DataError {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(22|23|54)/.test(error.code);
}
