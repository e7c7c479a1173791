import { to as copyTo } from 'pg-copy-streams';
import { DatabaseLost } from '../../core/database-trouble.ts';
import type { ConnectionFacts, NextRead, ReadOn } from '../../core/sync-store.ts';
import { type Attempt, key } from './attempt.ts';

type Row = {
  priority: number;
  created_at: Date;
  referrals: string[];
  expected: number | null;
  read_cursor: (NextRead & { version: number }) | null;
  version: number;
  full_every: number;
};

/** What the run needs to know about its connection's past. Defaults when the connection was deleted. */
export async function facts(attempt: Attempt): Promise<ConnectionFacts> {
  const { rows } = await attempt.patience.query<Row>(
    `SELECT (run.settings->>'priority')::int AS priority, connection.created_at, connection.referrals,
       connection.read_cursor, run.connection_version AS version, connection.full_every,
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
    readOn: row === undefined ? { kind: 'nowhere', because: null } : readOnOf(row),
    fullEvery: row?.full_every ?? 24,
  };
}

function readOnOf({ read_cursor: next, version }: Row): ReadOn {
  if (next === null) return { kind: 'nowhere', because: null };
  if (next.version !== version) return { kind: 'edited' };
  return next.from === null ? { kind: 'nowhere', because: next.because } : { kind: 'from', from: next.from };
}

/** Quotes a UUID for the COPY below, which takes no parameters. Throws for any other text. */
function uuid(text: string): string {
  if (!/^[0-9a-f-]{36}$/i.test(text)) throw new Error('Not a UUID.');
  return `'${text}'`;
}

/**
 * Streams external id, hash and "gone" of each person the connection links, in COPY's binary format. People with a doubt about their
 * findings have no hash (see note-findings.ts). `only`: a table with the ids of the only people to be streamed; null: everybody.
 */
export function streamKnown(
  attempt: Attempt,
  onChunk: (bytes: Uint8Array) => void,
  only: string | null = null,
): Promise<void> {
  let told = false;
  return attempt.patience.patiently(() => {
    // The people come in no order, so it is not known who is still missing.
    if (told) throw new DatabaseLost('The people known so far could not be read to the end.', { startOver: true });
    const tell = (bytes: Uint8Array): void => {
      told = true;
      onChunk(bytes);
    };
    return streamOnce(attempt, tell, only);
  });
}

async function streamOnce(attempt: Attempt, onChunk: (bytes: Uint8Array) => void, only: string | null): Promise<void> {
  const ofConnection = (table: string): string =>
    `${table}.workspace_id = ${uuid(attempt.workspaceId)} AND ${table}.connection_id = ${uuid(attempt.connectionId)}`;
  const links =
    only === null
      ? 'contact_link AS link'
      : `${only} AS asked CROSS JOIN LATERAL (SELECT * FROM contact_link AS own
           WHERE ${ofConnection('own')} AND own.external_id = asked.external_id LIMIT 1) AS link`;
  const client = await attempt.pool.connect();
  let broken = true;
  try {
    const stream = client.query(
      copyTo(
        `COPY (SELECT link.external_id, CASE WHEN doubt.hash IS NULL THEN link.hash END, link.gone_since IS NOT NULL
           FROM ${links}
           LEFT JOIN quality_doubt AS doubt
             ON ${ofConnection('doubt')} AND doubt.external_id = link.external_id AND doubt.hash = link.hash
           WHERE ${ofConnection('link')}) TO STDOUT (FORMAT binary)`,
      ),
    );
    for await (const chunk of stream) onChunk(chunk as Buffer);
    broken = false;
  } finally {
    client.release(broken);
  }
}
