import type { PoolClient } from 'pg';
import type { Fills } from '../../core/contact.ts';
import type { Attempt } from './attempt.ts';

/** The temporary table with the patterns of a trial. The contacts' own are in the table of all runs. */
export const trialFills = 'trial_fills';

/** Loads patterns of which attribute filled which field. They are few, however many people have them. A null id fills nothing. */
export async function findFills(
  client: PoolClient,
  attempt: Attempt,
  ids: readonly (string | null)[],
): Promise<(id: string | null) => Fills> {
  const from = (table: string): string =>
    `SELECT id, fields FROM ${table} WHERE workspace_id = $1 AND id = ANY($2::uuid[])`;
  const { rows } = await client.query<{ id: string; fields: Fills }>(
    attempt.isTrial ? `${from('fills')} UNION ALL ${from(trialFills)}` : from('fills'),
    [attempt.workspaceId, [...new Set(ids)].filter((id) => id !== null)],
  );
  const known = new Map(rows.map(({ id, fields }) => [id, fields]));
  return (id) => (id === null ? undefined : known.get(id)) ?? {};
}

/** Stores patterns of which attribute filled which field. A pattern that exists already stays. */
export async function saveFills(attempt: Attempt, fills: readonly { id: string; fields: Fills }[]): Promise<void> {
  await attempt.patience.query(
    `INSERT INTO ${attempt.isTrial ? trialFills : 'fills'} (workspace_id, id, fields)
     SELECT $1, pattern.id, pattern.fields FROM unnest($2::uuid[], $3::jsonb[]) AS pattern (id, fields)
     ON CONFLICT DO NOTHING`,
    [attempt.workspaceId, fills.map(({ id }) => id), fills.map(({ fields }) => JSON.stringify(fields))],
  );
}
