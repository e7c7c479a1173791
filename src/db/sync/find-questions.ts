import type { PoolClient } from 'pg';
import type { ChangeAction } from '../../core/run.ts';
import { type Attempt, byList, fenced, key } from './attempt.ts';
import { markRivals } from './mark-rivals.ts';

/** From so many staged people on, going through all contacts once is cheaper than looking each address up. */
const many = 5000;

/**
 * Marks the staged people who can't simply be created: action MATCH for newcomers whose address somebody has or claims,
 * with a rival's name as the reason meanwhile. Linked people (UPDATE) are all questions. Whoever was skipped while reading
 * gets the contact that they have.
 */
export const findQuestions = (attempt: Attempt): Promise<number> =>
  fenced(attempt, async (client) => {
    const staged = await countStaged(client, attempt);
    // Freshly staged rows are unknown to the planner's statistics.
    if (staged.CREATE + staged.UPDATE >= many) await client.query(byList);
    await client.query(
      `UPDATE contact_change AS change SET action = 'MATCH'
       FROM contact
       WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'CREATE' AND change.email_key IS NOT NULL
         AND contact.workspace_id = $1 AND contact.email_key = change.email_key AND contact.status = 'ACTIVE'`,
      key(attempt),
    );
    await markRivals(client, attempt);
    if (staged.SKIP > 0) await nameSkipped(client, attempt);
    const marked = await countStaged(client, attempt);
    return marked.MATCH + marked.UPDATE;
  });

const countStaged = async (client: PoolClient, attempt: Attempt) => {
  const counts = { CREATE: 0, UPDATE: 0, MATCH: 0, SKIP: 0 };
  const { rows } = await client.query<{ action: ChangeAction | 'MATCH'; count: number }>(
    `SELECT action, count(*)::int AS count FROM contact_change WHERE workspace_id = $1 AND run_id = $2 GROUP BY action`,
    key(attempt),
  );
  for (const { action, count } of rows) if (action in counts) counts[action as keyof typeof counts] = count;
  return counts;
};

type Skipped = { external_id: string; contact_id: string; name: string };

const nameSkipped = async (client: PoolClient, attempt: Attempt): Promise<void> => {
  const { rows } = await client.query<Skipped>(
    `SELECT link.external_id, contact.id AS contact_id, contact.display_name AS name
     FROM contact_link AS link
     JOIN contact ON contact.workspace_id = link.workspace_id AND contact.id = link.contact_id
     WHERE link.workspace_id = $1 AND link.connection_id = $3 AND link.external_id = ANY(ARRAY(
       SELECT person_id FROM contact_change WHERE workspace_id = $1 AND run_id = $2 AND action = 'SKIP'))`,
    [...key(attempt), attempt.connectionId],
  );
  if (rows.length === 0) return;
  await client.query(byList);
  await client.query(
    `UPDATE contact_change AS change SET contact_id = skipped.contact_id, contact_name = skipped.name
     FROM unnest($3::text[], $4::uuid[], $5::text[]) AS skipped (person_id, contact_id, name)
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'SKIP' AND change.person_id = skipped.person_id`,
    [
      ...key(attempt),
      rows.map(({ external_id }) => external_id),
      rows.map(({ contact_id }) => contact_id),
      rows.map(({ name }) => name),
    ],
  );
};
