import type { PoolClient } from 'pg';
import { type Attempt, key } from './attempt.ts';

/**
 * Marks everybody of this read who may get an address that somebody else of it may get, too: newcomers become MATCH, and the
 * reason says so until they are decided.
 *
 * @returns how many they are.
 */
export const markRivals = async (client: PoolClient, attempt: Attempt): Promise<number> => {
  const { rowCount } = await client.query(
    `WITH claim AS (SELECT position, count(*) OVER (PARTITION BY email_key) AS claimants FROM (${claims}) AS claimed),
     rival AS MATERIALIZED (SELECT DISTINCT claim.position FROM claim WHERE claim.claimants > 1)
     UPDATE plan_row AS change
     SET action = CASE change.action WHEN 'CREATE' THEN 'MATCH' ELSE change.action END, reason = 'shared'
     FROM rival
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position = rival.position`,
    [...key(attempt), attempt.connectionId],
  );
  return rowCount ?? 0;
};

// Addresses by the drafts, and those of inactive contacts to which somebody comes back: $1 workspace, $2 run, $3 connection.
const claims = `
  SELECT position, email_key FROM plan_row
  WHERE workspace_id = $1 AND run_id = $2 AND action IN ('CREATE', 'MATCH', 'UPDATE') AND email_key IS NOT NULL
  UNION ALL
  SELECT change.position, contact.email_key
  FROM plan_row AS change
  JOIN contact_link AS link ON link.workspace_id = $1 AND link.connection_id = $3 AND link.external_id = change.person_id
  JOIN contact ON contact.workspace_id = $1 AND contact.id = link.contact_id
  WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'UPDATE' AND link.gone_since IS NOT NULL
    AND contact.status = 'INACTIVE' AND contact.email_key IS NOT NULL AND contact.email_key IS DISTINCT FROM change.email_key`;
