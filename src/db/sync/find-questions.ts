import type { PoolClient } from 'pg';
import type { StagedCounts } from '../../core/sync-store.ts';
import { byKey, byList } from '../planner-hints.ts';
import { type Attempt, fenced, key } from './attempt.ts';

/** From so many staged people on, going through all contacts once is cheaper than looking each address up. */
const many = 5000;

/**
 * Newcomers are staged as they are decided where nobody else has or may get their address. Here those turn up for whom that is
 * not so: their decisions are taken back, and they are decided again with the facts, as linked people are. The others are
 * never looked at again, which keeps a first import quick. People who were skipped while reading are told with the contact
 * that they have.
 */
export const findQuestions = (attempt: Attempt, { created, undecided, skipped }: StagedCounts): Promise<number> =>
  fenced(attempt, async (client) => {
    // Freshly staged rows are unknown to the planner's statistics.
    if (created + undecided >= many) await client.query(byList);
    const held = await reopenHeld(client, attempt);
    const claimed = await countClaimants(client, attempt);
    if (skipped > 0) await nameSkipped(client, attempt);
    return held === 0 && claimed === 0 ? undecided : await countOpen(client, attempt);
  });

/** Newcomers whose address an active contact holds; how many they are. */
const reopenHeld = async (client: PoolClient, attempt: Attempt): Promise<number> => {
  const { rowCount } = await client.query(
    `UPDATE plan_row AS change SET action = NULL
     FROM contact
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'CREATE' AND change.email_key IS NOT NULL
       AND contact.workspace_id = $1 AND contact.email_key = change.email_key AND contact.status = 'ACTIVE'`,
    key(attempt),
  );
  return rowCount ?? 0;
};

/** Notes with each person how many of this read may get an address that they may get, where they are not alone; how many they are. */
const countClaimants = async (client: PoolClient, attempt: Attempt): Promise<number> => {
  const { rowCount } = await client.query(
    `WITH claim AS (SELECT position, count(*) OVER (PARTITION BY email_key) AS claimants FROM (${claims}) AS claimed),
     shared AS MATERIALIZED (
       SELECT claim.position, max(claim.claimants) AS claimants FROM claim WHERE claim.claimants > 1 GROUP BY claim.position)
     UPDATE plan_row AS change SET action = NULL, claimants = shared.claimants
     FROM shared
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position = shared.position`,
    [...key(attempt), attempt.connectionId],
  );
  return rowCount ?? 0;
};

// Addresses by the drafts, and those of inactive contacts to which somebody comes back: $1 workspace, $2 run, $3 connection.
const claims = `
  SELECT position, email_key FROM plan_row
  WHERE workspace_id = $1 AND run_id = $2 AND (action IS NULL OR action = 'CREATE') AND email_key IS NOT NULL
  UNION ALL
  SELECT change.position, contact.email_key
  FROM plan_row AS change
  JOIN contact_link AS link ON link.workspace_id = $1 AND link.connection_id = $3 AND link.external_id = change.person_id
  JOIN contact ON contact.workspace_id = $1 AND contact.id = link.contact_id
  WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action IS NULL AND link.gone_since IS NOT NULL
    AND contact.status = 'INACTIVE' AND contact.email_key IS NOT NULL AND contact.email_key IS DISTINCT FROM change.email_key`;

const countOpen = async (client: PoolClient, attempt: Attempt): Promise<number> => {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM plan_row WHERE workspace_id = $1 AND run_id = $2 AND action IS NULL`,
    key(attempt),
  );
  return rows[0]?.count ?? 0;
};

/** Looked up one by one, by key: whom the connection links is not gone through for a few. */
const nameSkipped = async (client: PoolClient, attempt: Attempt): Promise<void> => {
  await client.query(byKey);
  await client.query(
    `UPDATE plan_row AS change SET (contact_id, contact_name) = (
       SELECT known.id, known.name
       FROM (SELECT) AS one LEFT JOIN LATERAL (
         SELECT contact.id, contact.display_name AS name FROM contact_link AS link
         JOIN contact ON contact.workspace_id = link.workspace_id AND contact.id = link.contact_id
         WHERE link.workspace_id = $1 AND link.connection_id = $3 AND link.external_id = change.person_id) AS known ON true)
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'SKIP'`,
    [...key(attempt), attempt.connectionId],
  );
};
