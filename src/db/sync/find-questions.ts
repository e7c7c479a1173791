import type { PoolClient } from 'pg';
import type { StagedCounts } from '../../core/sync-store.ts';
import { byKey, byList } from '../planner-hints.ts';
import { type Attempt, fenced, key } from './attempt.ts';
import { markRivals } from './mark-rivals.ts';

/** From so many staged people on, going through all contacts once is cheaper than looking each address up. */
const many = 5000;

/**
 * Marks the staged people who can't simply be created: action MATCH for newcomers whose address somebody has or claims, with
 * a reason meanwhile where others of this read claim it. Linked people (UPDATE) are all questions. Whoever was skipped while
 * reading gets the contact that they have. Resolves with how many questions there are.
 */
export const findQuestions = (attempt: Attempt, { created, updated, skipped }: StagedCounts): Promise<number> =>
  fenced(attempt, async (client) => {
    // Freshly staged rows are unknown to the planner's statistics.
    if (created + updated >= many) await client.query(byList);
    const { rowCount: matched } = await client.query(
      `UPDATE plan_row AS change SET action = 'MATCH'
       FROM contact
       WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'CREATE' AND change.email_key IS NOT NULL
         AND contact.workspace_id = $1 AND contact.email_key = change.email_key AND contact.status = 'ACTIVE'`,
      key(attempt),
    );
    const rivals = await markRivals(client, attempt);
    if (skipped > 0) await nameSkipped(client, attempt);
    return updated + (matched === 0 && rivals === 0 ? 0 : await countMatches(client, attempt));
  });

const countMatches = async (client: PoolClient, attempt: Attempt): Promise<number> => {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM plan_row WHERE workspace_id = $1 AND run_id = $2 AND action = 'MATCH'`,
    key(attempt),
  );
  return rows[0]?.count ?? 0;
};

/** Looked up one by one, by key: whom the connection links is not gone through for a few. */
const nameSkipped = async (client: PoolClient, attempt: Attempt): Promise<void> => {
  await client.query(byKey);
  await client.query(
    `UPDATE plan_row AS change SET (contact_id, contact_name) = (
       SELECT known.id, coalesce(known.name, change.contact_name)
       FROM (SELECT) AS one LEFT JOIN LATERAL (
         SELECT contact.id, contact.display_name AS name FROM contact_link AS link
         JOIN contact ON contact.workspace_id = link.workspace_id AND contact.id = link.contact_id
         WHERE link.workspace_id = $1 AND link.connection_id = $3 AND link.external_id = change.person_id) AS known ON true)
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'SKIP'`,
    [...key(attempt), attempt.connectionId],
  );
};
