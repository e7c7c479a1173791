import type { ClientBase } from 'pg';
import { CONTACT_CHANNEL } from '../signals/open-run-signals.ts';

/**
 * Gives the history that a transaction has written for a change set its place in the workspace's feed of changes, and wakes those who
 * follow it after the commit. To be called last in a transaction: the number is locked until the commit, so numbers follow each
 * other in the order of commits, without gaps. Nothing may be waited for after it.
 */
export async function tellFeed(
  client: ClientBase,
  workspaceId: string,
  { changeSet, first, last }: { changeSet: string; first: number; last: number },
): Promise<void> {
  await client.query(
    `WITH next AS (
       INSERT INTO contact_feed (workspace_id, last_seq) VALUES ($1, 1)
       ON CONFLICT (workspace_id) DO UPDATE SET last_seq = contact_feed.last_seq + 1 RETURNING last_seq),
     told AS (
       INSERT INTO contact_feed_batch (workspace_id, seq, change_set, first_position, last_position)
       SELECT $1, next.last_seq, $2, $3, $4 FROM next)
     SELECT pg_notify('${CONTACT_CHANNEL}', $1::text)`,
    [workspaceId, changeSet, first, last],
  );
}
