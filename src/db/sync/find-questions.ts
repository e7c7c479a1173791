import type { PoolClient } from 'pg';
import { type Attempt, fenced, key } from './attempt.ts';

/** From so many staged people on, going through all contacts once is cheaper than looking each address up. */
const many = 5000;

/**
 * Marks the staged people who can't simply be created: action MATCH for newcomers whose address somebody has or claims,
 * with a rival's name as the reason meanwhile. Linked people (UPDATE) are all questions.
 */
export const findQuestions = (attempt: Attempt): Promise<number> =>
  fenced(attempt, async (client) => {
    const staged = await countStaged(client, attempt, `'CREATE', 'UPDATE'`);
    // Freshly staged rows are unknown to the planner's statistics.
    if (staged >= many) await client.query('SET LOCAL enable_nestloop = off');
    await markRivals(client, attempt);
    await client.query(
      `UPDATE contact_change AS change SET action = 'MATCH'
       FROM contact
       WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'CREATE' AND change.email_key IS NOT NULL
         AND contact.workspace_id = $1 AND contact.email_key = change.email_key AND contact.status = 'ACTIVE'`,
      key(attempt),
    );
    return countStaged(client, attempt, `'MATCH', 'UPDATE'`);
  });

const countStaged = async (client: PoolClient, attempt: Attempt, actions: string): Promise<number> => {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM contact_change WHERE workspace_id = $1 AND run_id = $2 AND action IN (${actions})`,
    key(attempt),
  );
  return rows[0]?.count ?? 0;
};

type SharedAddress = { positions: string[]; people: string[] };

const markRivals = async (client: PoolClient, attempt: Attempt): Promise<void> => {
  const { rows } = await client.query<SharedAddress>(
    `SELECT array_agg(position ORDER BY position)::text[] AS positions, (array_agg(person ORDER BY position))[1:2] AS people
     FROM contact_change
     WHERE workspace_id = $1 AND run_id = $2 AND action IN ('CREATE', 'UPDATE') AND email_key IS NOT NULL
     GROUP BY email_key HAVING count(*) > 1`,
    key(attempt),
  );
  if (rows.length === 0) return;
  const rivals = rows.flatMap(({ positions, people: [first = '', second = ''] }) =>
    positions.map((position, i) => ({ position, rival: i === 0 ? second : first })),
  );
  await client.query(
    `UPDATE contact_change AS change
     SET action = CASE change.action WHEN 'CREATE' THEN 'MATCH' ELSE change.action END, reason = shared.rival
     FROM unnest($3::bigint[], $4::text[]) AS shared (position, rival)
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position = shared.position`,
    [...key(attempt), rivals.map(({ position }) => position), rivals.map(({ rival }) => rival)],
  );
};
