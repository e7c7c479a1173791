import { ContactField } from '../../../core/contact.ts';
import type { ChangeAction } from '../../../core/run.ts';
import { columnOf } from '../../contact/contact-columns.ts';
import { settingsDigest } from '../../contact/take-back.ts';
import { byList } from '../../planner-hints.ts';
import { type Attempt, key, transaction } from '../attempt.ts';

/** SQL: the plan gives the contact a value again that was taken away from it. A value that a person has is compared as a text. */
const sameValueAgain = Object.values(ContactField)
  .map((field) => {
    const gone = `to_jsonb((back.before)."${field}")`;
    return `(${gone} IS DISTINCT FROM nullif(to_jsonb(back."${columnOf(field)}"), 'false')
      AND ${gone} IS NOT DISTINCT FROM nullif(to_jsonb(change."${columnOf(field)}"), 'false'))`;
  })
  .join(' OR ');

const backs = `
  SELECT back.* FROM taken_back
  JOIN connection ON connection.workspace_id = taken_back.workspace_id AND connection.id = taken_back.connection_id
    AND taken_back.settings = ${settingsDigest}
  JOIN contact_change AS back ON back.workspace_id = taken_back.workspace_id AND back.change_set = taken_back.change_set
    AND back.outcome IS NULL AND back.action <> 'SKIP'
  WHERE taken_back.workspace_id = $1 AND taken_back.connection_id = $3 AND back.person_id IS NOT NULL`;

/** How many rows of the plan would repeat changes that were reverted, by action. */
export function countAgain(attempt: Attempt): Promise<{ action: ChangeAction; count: number }[]> {
  return transaction(attempt, async (client) => {
    const { rowCount } = await client.query(
      'SELECT FROM taken_back WHERE taken_back.workspace_id = $1 AND taken_back.connection_id = $2 LIMIT 1',
      [attempt.workspaceId, attempt.connectionId],
    );
    if (rowCount === 0) return [];
    await client.query(byList);
    const { rows } = await client.query<{ action: ChangeAction; count: number }>(
      `WITH back AS MATERIALIZED (${backs})
       SELECT change.action, count(DISTINCT change.position)::int AS count
       FROM plan_row AS change JOIN back ON back.person_id = change.person_id
       WHERE change.workspace_id = $1 AND change.run_id = $2
         AND (change.action IN ('CREATE', 'LINK', 'REACTIVATE', 'DEACTIVATE', 'DELETE')
           OR change.action = 'NONE' AND change.stays = 'NEWLY_GONE' OR change.action = 'UPDATE' AND (${sameValueAgain}))
       GROUP BY 1 ORDER BY 1`,
      [...key(attempt), attempt.connectionId],
    );
    return rows;
  });
}
