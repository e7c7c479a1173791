import type { PoolClient } from 'pg';
import type { TextField } from '../../core/contact.ts';
import type { CandidateContact, PlacedQuestion } from '../../core/plan.ts';
import type { StagedCounts } from '../../core/sync-store.ts';
import { readValues, valuesOf } from '../contact/contact-columns.ts';
import { byKey, byList } from '../planner-hints.ts';
import { type Attempt, fenced, key } from './attempt.ts';
import { findFills } from './fills.ts';
import { findCandidates } from './find-candidates.ts';
import { idParams, knownElsewhere, mayBeKnown, reopenKnown } from './known-elsewhere.ts';

/** From this many staged people on, reading all contacts once is cheaper than looking up each address. */
const many = 5000;

/**
 * Finds the people who need a decision, and returns their number. New people were staged as CREATE, on the assumption that nobody
 * else has their address or may get it. Where that is wrong, the decision is taken back here, and they are decided again with
 * the facts, like linked people. The others are not looked at again, which keeps a first import fast. People who were skipped
 * while reading get the name of their contact.
 */
export function findQuestions(
  attempt: Attempt,
  { created, undecided, skipped, addressesDiffer }: StagedCounts,
): Promise<number> {
  return fenced(attempt, async (client) => {
    // The planner has no statistics of freshly staged rows.
    if (created + undecided >= many) await client.query(byList);
    const held = await reopenHeld(client, attempt);
    const known = created > 0 && (await mayBeKnown(client, attempt)) ? await reopenKnown(client, attempt) : 0;
    // Newcomers of whom nobody is known claim the addresses of their drafts, and no others.
    const nobodyShares = addressesDiffer && undecided === 0 && held === 0 && known === 0;
    const claimed = nobodyShares ? 0 : await countClaimants(client, attempt);
    if (skipped > 0) await nameSkipped(client, attempt);
    return held === 0 && known === 0 && claimed === 0 ? undecided : await countOpen(client, attempt);
  });
}

/** Takes back the decision for new people whose address an active contact holds. Returns their number. */
async function reopenHeld(client: PoolClient, attempt: Attempt): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE plan_row AS change SET action = NULL
     FROM contact
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'CREATE' AND change.email_key IS NOT NULL
       AND contact.workspace_id = $1 AND contact.email_key = change.email_key AND contact.status = 'ACTIVE'`,
    key(attempt),
  );
  return rowCount ?? 0;
}

/** Notes with each person how many people of this read may get the same address, if there are several. Returns the number of these people. */
async function countClaimants(client: PoolClient, attempt: Attempt): Promise<number> {
  const { rowCount } = await client.query(
    `WITH claim AS (SELECT position, count(*) OVER (PARTITION BY email_key) AS claimants FROM (${claims}) AS claimed WHERE email_key IS NOT NULL),
     shared AS MATERIALIZED (
       SELECT claim.position, max(claim.claimants) AS claimants FROM claim WHERE claim.claimants > 1 GROUP BY claim.position)
     UPDATE plan_row AS change SET action = NULL, claimants = shared.claimants
     FROM shared
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position = shared.position`,
    [...key(attempt), ...idParams(attempt)],
  );
  return rowCount ?? 0;
}

// The addresses of drafts, and of inactive contacts whose person comes back, here or from another connection. $1: workspace, $2: run,
// $3 to $5: idParams.
const claims = `
  SELECT position, email_key FROM plan_row
  WHERE workspace_id = $1 AND run_id = $2 AND (action IS NULL OR action = 'CREATE') AND email_key IS NOT NULL
  UNION ALL
  SELECT change.position, contact.email_key
  FROM plan_row AS change
  JOIN contact_link AS link ON link.workspace_id = $1 AND link.connection_id = $3 AND link.external_id = change.person_id
  JOIN contact ON contact.workspace_id = $1 AND contact.id = link.contact_id
  WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action IS NULL AND link.gone_since IS NOT NULL
    AND contact.status = 'INACTIVE' AND contact.email_key IS NOT NULL AND contact.email_key IS DISTINCT FROM change.email_key
  UNION ALL
  SELECT change.position, (
    SELECT contact.email_key FROM contact
    WHERE contact.workspace_id = $1 AND contact.id = (${knownElsewhere(3)} LIMIT 1) AND contact.status = 'INACTIVE'
      AND contact.email_key IS DISTINCT FROM change.email_key LIMIT 1)
  FROM plan_row AS change
  WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action IS NULL AND $5::text IS NOT NULL
    AND (SELECT true FROM contact_link AS own
      WHERE own.workspace_id = $1 AND own.connection_id = $3 AND own.external_id = change.person_id LIMIT 1) IS NULL`;

async function countOpen(client: PoolClient, attempt: Attempt): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM plan_row WHERE workspace_id = $1 AND run_id = $2 AND action IS NULL`,
    key(attempt),
  );
  return rows[0]?.count ?? 0;
}

/** Looks up skipped people one by one, by key: they are few, so reading all links of the connection would cost more. */
async function nameSkipped(client: PoolClient, attempt: Attempt): Promise<void> {
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
}

type QuestionRow = {
  position: string;
  person: string;
  person_id: string;
  values: Record<string, unknown>;
  alternatives: { [field in TextField]?: string[] } | null;
  fills_id: string;
  linked_id: string | null;
  holder_id: string | null;
  heir_id: string | null;
  claimants: number;
};

/** The next people who need a decision, in order of position, with the contacts that they are or may be. */
export function questions(attempt: Attempt, afterPosition: number, limit: number): Promise<PlacedQuestion[]> {
  return fenced(attempt, async (client) => {
    await client.query(byKey);
    const { rows } = await client.query<QuestionRow>(
      `SELECT change.position, change.person, change.person_id, row_to_json(${valuesOf('change')}) AS "values", change.alternatives,
       change.fills_id, known.contact_id AS linked_id, holder.id AS holder_id, heir.id AS heir_id,
       change.claimants
     FROM plan_row AS change
     LEFT JOIN contact_link AS link ON link.workspace_id = change.workspace_id AND link.connection_id = $3
       AND link.external_id = change.person_id
     LEFT JOIN LATERAL (${knownElsewhere(6)} LIMIT 1) AS elsewhere ON link.contact_id IS NULL
     CROSS JOIN LATERAL (SELECT coalesce(link.contact_id, elsewhere.contact_id) AS contact_id) AS known
     LEFT JOIN contact AS holder ON holder.workspace_id = change.workspace_id AND holder.email_key = change.email_key
       AND holder.status = 'ACTIVE' AND holder.id IS DISTINCT FROM known.contact_id
     LEFT JOIN contact AS asleep ON asleep.workspace_id = change.workspace_id AND asleep.id = known.contact_id
       AND asleep.status = 'INACTIVE'
     LEFT JOIN contact AS heir ON heir.workspace_id = asleep.workspace_id AND heir.email_key = asleep.email_key
       AND heir.status = 'ACTIVE'
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position > $4 AND change.action IS NULL
     ORDER BY change.position LIMIT $5`,
      [...key(attempt), attempt.connectionId, afterPosition, limit, ...idParams(attempt)],
    );
    const ids = rows.flatMap(({ linked_id, holder_id, heir_id }) =>
      [linked_id, holder_id, heir_id].filter((id) => id !== null),
    );
    const candidates = await findCandidates(client, attempt, ids);
    const fillsOf = await findFills(
      client,
      attempt,
      rows.map(({ fills_id }) => fills_id),
    );
    const candidate = (id: string | null): CandidateContact | null =>
      id === null ? null : (candidates.get(id) ?? null);
    return rows.map((row) => ({
      position: Number(row.position),
      person: row.person,
      personId: row.person_id,
      values: readValues(row.values),
      alternatives: row.alternatives ?? {},
      fills: fillsOf(row.fills_id),
      linked: candidate(row.linked_id),
      holder: candidate(row.holder_id),
      heir: candidate(row.heir_id),
      claimants: row.claimants,
    }));
  });
}
