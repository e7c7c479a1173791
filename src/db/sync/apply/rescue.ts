import type { PoolClient } from 'pg';
import type { ChangeAction } from '../../../core/run.ts';
import { type Attempt, key } from '../attempt.ts';
import { type Batch } from './batches.ts';

/**
 * Applies a stretch that could not be applied as a whole: newcomers whose address somebody has got meanwhile are left
 * alone, then halves are tried, down to the rows that fail, each noted with what the database said of it.
 *
 * @throws the error again when it is about the connection or the server, not about the rows.
 */
export const rescue = async (
  client: PoolClient,
  attempt: Attempt,
  batch: Batch,
  error: unknown,
  apply: (part: Batch) => Promise<void>,
): Promise<void> => {
  if (!isAboutRows(error)) throw error;
  await client.query(
    `UPDATE contact_change AS change SET outcome = 'LEFT_ALONE', code = 'EMAIL_TAKEN',
       reason = 'the address ' || (change.after)."PRIMARY_EMAIL" || ' has been taken by another contact since the plan was made'
     FROM contact
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position BETWEEN $3 AND $4 AND change.outcome IS NULL
       AND change.action IN ('CREATE', 'UPDATE', 'LINK', 'REACTIVATE') AND contact.workspace_id = $1
       AND contact.email_key = change.email_key AND contact.status = 'ACTIVE' AND contact.id IS DISTINCT FROM change.contact_id
       AND NOT EXISTS (
         SELECT FROM contact_change AS freeing WHERE freeing.workspace_id = $1 AND freeing.run_id = $2
           AND freeing.position BETWEEN $3 AND $4 AND freeing.contact_id = contact.id AND freeing.outcome IS NULL)`,
    [...key(attempt), batch.first, batch.last],
  );
  await halve(client, attempt, batch, apply);
};

const halve = async (
  client: PoolClient,
  attempt: Attempt,
  batch: Batch,
  apply: (part: Batch) => Promise<void>,
): Promise<void> => {
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
};

type PartRow = { half: number; action: ChangeAction; first: string; last: string; count: number };

const split = async (client: PoolClient, attempt: Attempt, batch: Batch): Promise<Batch[]> => {
  const { rows } = await client.query<PartRow>(
    `SELECT half, action, min(position) AS first, max(position) AS last, count(*)::int AS count
     FROM (SELECT action, position, ntile(2) OVER (ORDER BY position) AS half FROM contact_change
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
};

/** Never what the server's message or detail says: it may hold values of other people. */
const fail = async (client: PoolClient, attempt: Attempt, { first }: Batch, error: DataError): Promise<void> => {
  const what = error.constraint ?? error.column ?? 'a value';
  await client.query(
    `UPDATE contact_change SET outcome = 'FAILED', code = 'APPLY_FAILED', reason = $4
     WHERE workspace_id = $1 AND run_id = $2 AND position = $3`,
    [...key(attempt), first, `the database refused ${what} (SQLSTATE ${error.code})`],
  );
};

type DataError = { code: string; constraint?: string; column?: string };

/** Classes 22 (data), 23 (constraints) and 54 (limits) are about rows; anything else about the server or us. */
const isAboutRows = (error: unknown): error is DataError =>
  error instanceof Error && 'code' in error && typeof error.code === 'string' && /^(22|23|54)/.test(error.code);
