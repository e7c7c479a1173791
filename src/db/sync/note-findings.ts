import type { PoolClient } from 'pg';
import type { QualityKind, UsualField } from '../../core/quality.ts';
import { planPositions, type QualityFacts } from '../../core/sync-store.ts';
import { byList } from '../planner-hints.ts';
import { type Attempt, key } from './attempt.ts';

type Counts = Partial<Record<QualityKind, number>>;

/**
 * The facts about findings in a run's row: the number of its read, how many findings of each kind it has, and how many
 * the run before had.
 */
export type RunQuality = { number: number; counts: Counts; before: Counts | null };

type State = {
  quality: RunQuality | null;
  number: number | null;
  counts: Counts | null;
  usual: UsualField[] | null;
  /** Other connections link contacts. */
  others: boolean;
  doubts: boolean;
};

/**
 * Brings the connection's findings up to date with the run's plan, and notes with the run what there is now. People whom the read
 * mapped have the findings of their rows; those of people who are gone end; those of unchanged people stay. A read that is dry,
 * HELD, or applied only in part counts, too: findings are about the source, not about contacts.
 *
 * A person is unchanged when the source says what their link's hash stands for. If the plan of a changed person is not applied, the
 * hash stays, but the findings are about the newer entry. That is noted as a doubt; the next run maps the person again even when
 * the source says the old entry again.
 *
 * It costs one small statement when nobody has findings.
 */
export async function noteFindings(
  client: PoolClient,
  attempt: Attempt,
  facts: QualityFacts & { anyTold: boolean },
): Promise<void> {
  const state = await readState(client, attempt);
  const before = state.quality === null ? state.counts : state.quality.before;
  const number = state.quality?.number ?? (state.number ?? 0) + 1;
  const counts = { ...state.counts };
  if (state.doubts) await settleDoubts(client, attempt);
  const { filled } = facts;
  const usual = facts.usual ?? state.usual ?? [];
  const lacked = usual.filter(({ key: field }) => (filled.byKey[field] ?? 0) < filled.people);
  if (facts.staged > 0 || lacked.length > 0 || facts.anyTold || state.others || isAny(counts)) {
    const changes = await bringUpToDate(client, attempt, number, { ...facts, others: state.others, lacked });
    for (const { kind, difference } of changes) counts[kind] = (counts[kind] ?? 0) + difference;
    await forgetOld(client, attempt);
  }
  const quality: RunQuality = { number, counts, before };
  await client.query(
    `WITH stored AS (
       INSERT INTO quality_read (workspace_id, connection_id, number, counts, usual) VALUES ($1, $3, $4, $5, $7)
       ON CONFLICT ON CONSTRAINT quality_read_pkey
         DO UPDATE SET number = excluded.number, counts = excluded.counts, usual = excluded.usual)
     UPDATE run SET quality = $6 WHERE run.workspace_id = $1 AND run.id = $2`,
    [
      ...key(attempt),
      attempt.connectionId,
      number,
      JSON.stringify(counts),
      JSON.stringify(quality),
      JSON.stringify(usual),
    ],
  );
}

function isAny(counts: Counts): boolean {
  return Object.values(counts).some((count) => count > 0);
}

async function readState(client: PoolClient, { workspaceId, runId, connectionId }: Attempt): Promise<State> {
  const { rows } = await client.query<State>(
    `SELECT run.quality, stored.number, stored.counts, stored.usual,
       EXISTS (SELECT FROM contact_link AS other WHERE other.workspace_id = $1 AND other.connection_id < $3)
       OR EXISTS (SELECT FROM contact_link AS other WHERE other.workspace_id = $1 AND other.connection_id > $3) AS others,
       EXISTS (SELECT FROM quality_doubt WHERE quality_doubt.workspace_id = $1 AND quality_doubt.connection_id = $3) AS doubts
     FROM run LEFT JOIN quality_read AS stored ON stored.workspace_id = $1 AND stored.connection_id = $3
     WHERE run.workspace_id = $1 AND run.id = $2`,
    [workspaceId, runId, connectionId],
  );
  const [state] = rows;
  if (state === undefined) throw new Error('A run that is worked on is gone.');
  return state;
}

/** Ends doubts about people whose link has another hash by now, or whom this read has mapped from the entry of their link. */
async function settleDoubts(client: PoolClient, { workspaceId, runId, connectionId }: Attempt): Promise<void> {
  await client.query(byList);
  await client.query(
    `DELETE FROM quality_doubt AS doubt
     WHERE doubt.workspace_id = $1 AND doubt.connection_id = $3 AND (
       (doubt.external_id, doubt.hash) IN (
         SELECT read.person_id, read.hash FROM plan_row AS read WHERE read.workspace_id = $1 AND read.run_id = $2)
       OR doubt.hash IS DISTINCT FROM (
         SELECT link.hash FROM contact_link AS link WHERE link.workspace_id = $1 AND link.connection_id = $3
           AND link.external_id = doubt.external_id LIMIT 1))`,
    [workspaceId, runId, connectionId],
  );
}

/** SQL: which finding of the same connection is meant. */
function same(a: string, b: string): string {
  return `${a}.kind = ${b}.kind AND ${a}.about = ${b}.about AND ${a}.field = ${b}.field`;
}

/** SQL: the person of a row of the plan, as findings name them. */
const about = `coalesce('i' || staged.person_id, 'n' || md5(staged.person))`;

/** SQL: findings that last, of this connection. */
const lasting = 'f.workspace_id = $1 AND f.connection_id = $3 AND f.until IS NULL';

/**
 * One statement. `found`: what there is to find now about people whom the read mapped. `over`: lasting findings that end. Rows of the
 * plan below $5 are about people who are gone. A finding that ended in an earlier attempt of this run lasts again.
 */
const updateWith = (others: string): string => `
  WITH planned AS MATERIALIZED (
    SELECT ${about} AS about, staged.position >= $5 AS mapped, staged.action, staged.code, staged.reason, staged.person,
      staged.person_id, staged.contact_id, staged.hash, staged.findings, staged.fills_id
    FROM plan_row AS staged WHERE staged.workspace_id = $1 AND staged.run_id = $2),
  people AS MATERIALIZED (SELECT DISTINCT planned.about FROM planned),
  fed AS (
    SELECT planned.about, planned.person, planned.person_id, coalesce(own.contact_id, planned.contact_id) AS contact_id
    FROM planned LEFT JOIN LATERAL (
      SELECT link.contact_id FROM contact_link AS link WHERE link.workspace_id = $1 AND link.connection_id = $3
        AND link.external_id = planned.person_id LIMIT 1) AS own ON true
    WHERE $8 AND planned.mapped AND planned.action <> 'CREATE'
      AND (own.contact_id IS NOT NULL OR planned.action IN ('LINK', 'REACTIVATE'))
    UNION ALL
    SELECT 'i' || own.external_id, own.person, own.external_id, own.contact_id
    FROM contact_link AS own LEFT JOIN people ON people.about = 'i' || own.external_id
    WHERE $7 AND $8 AND own.workspace_id = $1 AND own.connection_id = $3 AND own.gone_since IS NULL AND people.about IS NULL),
  lacking AS (
    SELECT fills.id AS fills_id, usual.field, usual.message
    FROM jsonb_to_recordset($9::jsonb) AS usual (key text, field text, message text)
    JOIN fills ON fills.workspace_id = $1 AND NOT fills.fields ? usual.key),
  found AS MATERIALIZED (
    SELECT DISTINCT ON (kind, about, field) kind, about, field, person, person_id, message FROM (
      SELECT stated.kind, planned.about, coalesce(stated.field, '') AS field, planned.person, planned.person_id, stated.message
      FROM planned, json_to_recordset(planned.findings) AS stated (kind text, field text, message text)
      WHERE planned.mapped AND planned.findings IS NOT NULL
      UNION ALL
      SELECT 'DUPLICATE_EMAIL', planned.about, 'PRIMARY_EMAIL', planned.person, planned.person_id, planned.reason FROM planned
      WHERE planned.mapped AND planned.action = 'SKIP' AND planned.code = 'DUPLICATE_EMAIL'
      UNION ALL
      SELECT 'MISSING_VALUE', planned.about, lacking.field, planned.person, planned.person_id, lacking.message
      FROM planned JOIN lacking ON lacking.fills_id = planned.fills_id
      WHERE planned.mapped AND NOT coalesce(planned.findings::jsonb @> jsonb_build_array(jsonb_build_object('field', lacking.field)), false)
      UNION ALL
      SELECT 'IN_TWO_CONNECTIONS', fed.about, '', fed.person, fed.person_id,
        format('The contact is also fed by %s.', string_agg('"' || connection.name || '"', ', ' ORDER BY connection.name))
      FROM fed ${others}
      JOIN connection ON connection.workspace_id = $1 AND connection.id = other.connection_id
      GROUP BY 1, 2, 3, 4, 5) AS every (kind, about, field, person, person_id, message)
    ORDER BY kind, about, field, message),
  over AS MATERIALIZED (
    SELECT f.kind, f.about, f.field, f.since FROM quality_finding AS f
    LEFT JOIN people ON people.about = f.about
    LEFT JOIN found ON ${same('found', 'f')}
    WHERE ${lasting} AND found.about IS NULL AND (
      people.about IS NOT NULL
      OR f.kind = 'IN_TWO_CONNECTIONS' AND $7
      OR $6 AND NOT EXISTS (
        SELECT FROM contact_link AS link WHERE link.workspace_id = $1 AND link.connection_id = $3
          AND link.external_id = f.person_id OFFSET 0))),
  ended AS (
    UPDATE quality_finding AS f SET until = $4 FROM over
    WHERE f.workspace_id = $1 AND f.connection_id = $3 AND ${same('f', 'over')} AND f.since = over.since),
  renewed AS (
    UPDATE quality_finding AS f SET person = found.person, message = found.message FROM found
    WHERE ${lasting} AND ${same('f', 'found')} AND (f.person, f.message) IS DISTINCT FROM (found.person, found.message)),
  again AS (
    UPDATE quality_finding AS f SET until = NULL, person = found.person, message = found.message FROM found
    WHERE f.workspace_id = $1 AND f.connection_id = $3 AND f.until = $4 AND ${same('f', 'found')}
    RETURNING f.kind, f.about),
  begun AS (
    INSERT INTO quality_finding (workspace_id, connection_id, kind, about, field, since, person, person_id, message)
    SELECT $1, $3, found.kind, found.about, found.field, $4, found.person, found.person_id, found.message FROM found
    LEFT JOIN quality_finding AS f ON f.workspace_id = $1 AND f.connection_id = $3 AND ${same('f', 'found')}
      AND (f.until IS NULL OR f.until = $4)
    WHERE f.about IS NULL
    RETURNING kind, about),
  changed AS (
    SELECT over.kind, over.about, -1 AS difference FROM over
    UNION ALL SELECT again.kind, again.about, 1 FROM again
    UNION ALL SELECT begun.kind, begun.about, 1 FROM begun),
  doubted AS (
    INSERT INTO quality_doubt (workspace_id, connection_id, external_id, hash)
    SELECT DISTINCT $1::uuid, $3::uuid, link.external_id, link.hash FROM changed
    JOIN planned ON planned.about = changed.about AND planned.mapped
    CROSS JOIN LATERAL (
      SELECT own.external_id, own.hash FROM contact_link AS own
      WHERE own.workspace_id = $1 AND own.connection_id = $3 AND own.external_id = planned.person_id LIMIT 1) AS link
    WHERE link.hash IS NOT NULL AND link.hash IS DISTINCT FROM planned.hash
    ON CONFLICT ON CONSTRAINT quality_doubt_pkey DO UPDATE SET hash = excluded.hash)
  SELECT changed.kind, sum(changed.difference)::int AS difference FROM changed GROUP BY changed.kind`;

async function bringUpToDate(
  client: PoolClient,
  attempt: Attempt,
  number: number,
  { toTheEnd, everyLink, others, lacked }: QualityFacts & { others: boolean; lacked: readonly UsualField[] },
): Promise<{ kind: QualityKind; difference: number }[]> {
  await client.query(byList);
  const { rows } = await client.query<{ kind: QualityKind; difference: number }>(
    everyLink ? update.inOnePass : update.oneByOne,
    [
      ...key(attempt),
      attempt.connectionId,
      number,
      planPositions.handovers,
      toTheEnd,
      everyLink,
      others,
      JSON.stringify(lacked),
    ],
  );
  return rows;
}

/** SQL: the links of other connections to the contacts of `fed`: of many contacts in one pass, of few contacts one by one. */
const ofOthers = `SELECT link.contact_id, link.connection_id FROM contact_link AS link WHERE link.workspace_id = $1
  AND link.connection_id <> $3 AND link.gone_since IS NULL`;
const update = {
  inOnePass: updateWith(`JOIN (${ofOthers}) AS other ON other.contact_id = fed.contact_id`),
  oneByOne: updateWith(`CROSS JOIN LATERAL (${ofOthers} AND link.contact_id = fed.contact_id OFFSET 0) AS other`),
};

/** Deletes findings that ended before the oldest run that is still stored. */
async function forgetOld(client: PoolClient, { workspaceId, connectionId }: Attempt): Promise<void> {
  await client.query(
    `DELETE FROM quality_finding AS f
     WHERE f.workspace_id = $1 AND f.connection_id = $2 AND f.until IS NOT NULL AND f.until <= (
       SELECT (run.quality->>'number')::int FROM run
       WHERE run.workspace_id = $1 AND run.connection_id = $2 AND run.quality IS NOT NULL ORDER BY run.queued_at, run.id LIMIT 1)`,
    [workspaceId, connectionId],
  );
}
