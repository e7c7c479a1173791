import type { ConnectionFacts, ReadCursor } from '../../core/sync-store.ts';
import type { Attempt } from './attempt.ts';
import { key } from './attempt.ts';

type Row = {
  priority: number;
  created_at: Date;
  referrals: string[];
  expected: number | null;
  read_on: ReadCursor | null;
};

/** What the run needs to know of its connection's past; a deleted connection has none. */
export const facts = async (attempt: Attempt): Promise<ConnectionFacts> => {
  const { rows } = await attempt.patience.query<Row>(
    `SELECT (run.settings->>'priority')::int AS priority, connection.created_at, connection.referrals,
       CASE WHEN (connection.read_cursor->>'version')::int = run.connection_version THEN connection.read_cursor - 'version' END AS read_on,
       (SELECT (last.counts->>'read')::int FROM run AS last
        WHERE last.workspace_id = $1 AND last.connection_id = $3 AND last.id <> $2 AND last.status IN ('SUCCEEDED', 'PARTIAL')
          AND last.read_summary->>'extent' = 'everybody'
        ORDER BY last.queued_at DESC LIMIT 1) AS expected
     FROM run JOIN connection ON connection.workspace_id = run.workspace_id AND connection.id = run.connection_id
     WHERE run.workspace_id = $1 AND run.id = $2`,
    [...key(attempt), attempt.connectionId],
  );
  const row = rows[0];
  return {
    rank: {
      priority: row?.priority ?? 0,
      createdAt: row?.created_at.getTime() ?? 0,
      connectionId: attempt.connectionId,
    },
    referrals: row?.referrals ?? [],
    expectedPeople: row?.expected ?? null,
    readOn: row?.read_on ?? null,
  };
};
