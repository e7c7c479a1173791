import { byList } from '../planner-hints.ts';
import { type Attempt, key, transaction } from './attempt.ts';

/** See SyncRun.countUnknownManagers. Reads the plan, and all links of the connection, twice at most. */
export function countUnknownManagers(attempt: Attempt): Promise<number> {
  return transaction(attempt, async (client) => {
    await client.query(byList);
    const { rows } = await client.query<{ people: number }>(
      `WITH named AS (
         SELECT change.manager_ref, count(*) AS people FROM plan_row AS change
         WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.manager_ref IS NOT NULL AND change.action <> 'SKIP'
         GROUP BY change.manager_ref)
       SELECT coalesce(sum(named.people), 0)::int AS people FROM named
       WHERE NOT EXISTS (
           SELECT FROM contact_link AS link
           WHERE link.workspace_id = $1 AND link.connection_id = $3 AND link.person_ref = named.manager_ref)
         AND NOT EXISTS (
           SELECT FROM plan_row AS person WHERE person.workspace_id = $1 AND person.run_id = $2
             AND person.person_ref = named.manager_ref AND person.action <> 'SKIP')
         AND NOT EXISTS (
           SELECT FROM former_person_ref AS former WHERE former.workspace_id = $1 AND former.connection_id = $3
             AND former.person_ref = named.manager_ref)`,
      [...key(attempt), attempt.connectionId],
    );
    return rows[0]?.people ?? 0;
  });
}
