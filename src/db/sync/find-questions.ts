import { type Attempt, fenced, key } from './attempt.ts';

/**
 * Marks the staged people who can't simply be created: action MATCH for newcomers whose address somebody has or claims,
 * with a rival's name as the reason meanwhile. Linked people (UPDATE) are all questions.
 */
export const findQuestions = (attempt: Attempt): Promise<number> =>
  fenced(attempt, async (client) => {
    await client.query(
      `WITH shared AS (
         SELECT email_key, (array_agg(person ORDER BY position))[1:2] AS people, min(position) AS first
         FROM contact_change
         WHERE workspace_id = $1 AND run_id = $2 AND action IN ('CREATE', 'UPDATE') AND email_key IS NOT NULL
         GROUP BY email_key HAVING count(*) > 1)
       UPDATE contact_change AS change
       SET action = CASE change.action WHEN 'CREATE' THEN 'MATCH' ELSE change.action END,
           reason = shared.people[CASE WHEN change.position = shared.first THEN 2 ELSE 1 END]
       FROM shared
       WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.email_key = shared.email_key
         AND change.action IN ('CREATE', 'UPDATE')`,
      key(attempt),
    );
    await client.query(
      `UPDATE contact_change AS change SET action = 'MATCH'
       FROM contact
       WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'CREATE' AND change.email_key IS NOT NULL
         AND contact.workspace_id = $1 AND contact.email_key = change.email_key AND contact.status = 'ACTIVE'`,
      key(attempt),
    );
    const { rows } = await client.query<{ count: number }>(
      `SELECT count(*)::int AS count FROM contact_change
       WHERE workspace_id = $1 AND run_id = $2 AND action IN ('MATCH', 'UPDATE')`,
      key(attempt),
    );
    return rows[0]?.count ?? 0;
  });
