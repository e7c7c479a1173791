import type { PoolClient } from 'pg';
import { planPositions } from '../../../core/sync-store.ts';
import { lookAgain, noteRemoval } from '../../contact/change-contact.ts';
import { tellFeed } from '../../contact/tell-feed.ts';
import type { ChangeRows } from '../../contact/write-history.ts';
import { byKey } from '../../planner-hints.ts';
import { type Attempt, fenced, key } from '../attempt.ts';
import { setOf } from './range.ts';

// $1: workspace, $2: run, $3: connection, $4: the position where the people of the read begin.
const leftOut = `
  change.workspace_id = $1 AND change.change_set = $2 AND change.position >= $4 AND (change.action = 'SKIP' OR change.outcome IS NOT NULL)
  AND link.workspace_id = $1 AND link.connection_id = $3 AND link.external_id = change.person_id`;
const there = `${leftOut} AND link.gone_since IS NOT NULL`;

/**
 * A person in the read is there, even if they were skipped, left alone or failed. So the removal of their active contact is called
 * off. Its values stay, and the next run looks at the person again, even if the source says nothing new of them. A contact that was deactivated because its person was gone
 * stays inactive, and its link stays "gone": that shows that the person returns, when a later run can bring them in.
 */
export function callOffRemovals(attempt: Attempt): Promise<void> {
  return fenced(attempt, async (client) => {
    if (!(await hasLeftOut(client, attempt))) return;
    await client.query(byKey);
    const params = [...key(attempt), attempt.connectionId, attempt.base + planPositions.handovers];
    // A removal by another connection comes before us, or waits for us and then sees the link.
    await client.query(
      `SELECT FROM contact
       WHERE contact.workspace_id = $1 AND contact.id IN (
         SELECT link.contact_id FROM contact_change AS change, contact_link AS link WHERE ${there})
       ORDER BY contact.id FOR UPDATE`,
      params,
    );
    const rows = await staying(client, attempt, params);
    const noted = await noteRemoval(setOf({ client, attempt }), rows);
    await client.query(
      `UPDATE contact_link AS link SET gone_since = NULL, ${lookAgain}, last_seen_at = clock_timestamp()
       FROM contact_change AS change, contact
       WHERE ${there} AND contact.workspace_id = $1 AND contact.id = link.contact_id AND contact.status = 'ACTIVE'`,
      params,
    );
    await client.query(
      `UPDATE contact_link AS link SET ${lookAgain} FROM contact_change AS change WHERE ${leftOut} AND link.hash IS NOT NULL`,
      params,
    );
    const stretch = { changeSet: attempt.runId, first: rows.first + 1, last: rows.last };
    if (noted > 0) await tellFeed(client, attempt.workspaceId, stretch);
  });
}

/** The active contacts that were to be removed, as changes after all others of the run. */
async function staying(client: PoolClient, attempt: Attempt, params: unknown[]): Promise<ChangeRows> {
  const { rows } = await client.query<{ last: string | null }>(
    `SELECT max(position) AS last FROM contact_change WHERE workspace_id = $1 AND change_set = $2 AND position > $3`,
    [...key(attempt), attempt.base + planPositions.closing],
  );
  const base = Number(rows[0]?.last ?? attempt.base + planPositions.closing);
  return {
    from: `(
      SELECT link.workspace_id, row_number() OVER (ORDER BY link.contact_id) AS position, 'NONE' AS action, 'AS_BEFORE' AS stays, NULL AS outcome,
        NULL AS code, NULL AS reason, link.person, link.external_id AS person_id, link.contact_id, contact.display_name AS contact_name,
        NULL::contact_values AS before
      FROM contact_change AS change, contact_link AS link, contact
      WHERE ${there} AND contact.workspace_id = $1 AND contact.id = link.contact_id AND contact.status = 'ACTIVE'
        AND contact.removal_due_at IS NOT NULL)`,
    where: 'true',
    params,
    base,
    first: base,
    last: attempt.base + planPositions.end,
  };
}

async function hasLeftOut(client: PoolClient, attempt: Attempt): Promise<boolean> {
  const { rows } = await client.query<{ left_out: boolean }>(
    `SELECT (counts->>'skipped')::int + (counts->>'failed')::int > 0 AS left_out FROM run WHERE workspace_id = $1 AND id = $2`,
    key(attempt),
  );
  return rows[0]?.left_out === true;
}
