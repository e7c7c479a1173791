import type { PoolClient } from 'pg';
import { notApplied } from '../../core/change-line.ts';
import { due, params, type Range } from './apply/range.ts';
import { type Attempt, key } from './attempt.ts';

/*
 * People whom other connections know by the same id. A directory gives each entry a UUID and copies it to its replicas, so two
 * connections in whose sources a UUID is the same everywhere (their id space) mean one person by it. They feed one contact, also if
 * it has no address. A contact that was made for a person without an address keeps that id in `person_key`, so that two runs can't
 * make it twice.
 */

/** SQL: whether an id is a UUID as directories make them: in the usual form, or in four groups of eight digits. Zeros are none. */
function isUuid(id: string): string {
  return `(${id} ~ '^([0-9A-Fa-f]{8}-([0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}|([0-9A-Fa-f]{8}-){3}[0-9A-Fa-f]{8})$' AND ${id} ~ '[1-9A-Fa-f]')`;
}

/** The parameters that the SQL below needs: the connection, the kinds of its id space, and the id space. */
export function idParams({ connectionId, ids }: Attempt): [string, readonly string[], string | null] {
  return [connectionId, ids?.kinds ?? [], ids?.name ?? null];
}

/**
 * SQL: the contacts of the person of `change`, by their id in other connections, the ones first that are still fed. Contacts that this
 * connection links as somebody else are left out. `p`: the number of the first of `idParams`. Each LIMIT 1 makes the planner look up
 * one row by its key. Without statistics, a join would read all links of the workspace, once per person.
 */
export function knownElsewhere(p: number): string {
  return `
    SELECT known.contact_id FROM (
      SELECT link.contact_id, link.gone_since IS NOT NULL AS gone, link.linked_at AS since
      FROM connection AS other
      CROSS JOIN LATERAL (
        SELECT contact_id, gone_since, linked_at FROM contact_link
        WHERE workspace_id = other.workspace_id AND connection_id = other.id AND external_id = change.person_id LIMIT 1) AS link
      WHERE other.workspace_id = change.workspace_id AND other.id <> $${p}::uuid AND other.kind = ANY($${p + 1}::text[])
        AND ${isUuid('change.person_id')}
      UNION ALL
      SELECT contact.id, true, contact.created_at FROM contact
      WHERE contact.workspace_id = change.workspace_id AND contact.person_key = ${personKey(`$${p + 2}`)}) AS known
    WHERE (
      SELECT true FROM contact_link AS own
      WHERE own.workspace_id = change.workspace_id AND own.contact_id = known.contact_id AND own.connection_id::text = $${p}::text
      LIMIT 1) IS NULL
    ORDER BY known.gone, known.since, known.contact_id`;
}

/** SQL: the `person_key` of the person of `change`. Null if the id means nothing outside the connection. */
function personKey(idSpace: string): string {
  return `CASE WHEN ${isUuid('change.person_id')} THEN ${idSpace}::text || ':' || change.person_id END`;
}

/** SQL: the `person_key` of a new contact. Only people without an address need one. */
export function keyOfNew(idSpace: string): string {
  return `CASE WHEN change.email_key IS NULL THEN ${personKey(idSpace)} END`;
}

/** Whether other connections, or contacts left by them, may know people of this run. Asked first, because most workspaces have one directory. */
export async function mayBeKnown(client: PoolClient, attempt: Attempt): Promise<boolean> {
  if (attempt.ids === null) return false;
  const { rows } = await client.query<{ may: boolean }>(
    `SELECT EXISTS (SELECT FROM connection WHERE workspace_id = $1 AND id <> $2 AND kind = ANY($3::text[]))
       OR EXISTS (SELECT FROM contact WHERE workspace_id = $1 AND person_key IS NOT NULL) AS may`,
    [attempt.workspaceId, attempt.connectionId, attempt.ids.kinds],
  );
  return rows[0]?.may ?? false;
}

/** Takes back the decision for new people whose id another connection knows. Returns their number. */
export async function reopenKnown(client: PoolClient, attempt: Attempt): Promise<number> {
  const { rowCount } = await client.query(
    `UPDATE plan_row AS change SET action = NULL
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'CREATE'
       AND (${knownElsewhere(3)} LIMIT 1) IS NOT NULL`,
    [...key(attempt), ...idParams(attempt)],
  );
  return rowCount ?? 0;
}

/** Leaves new people alone whose contact another connection has made since the plan. Returns their number. */
export async function leaveKnownAlone(range: Range): Promise<number> {
  const { client, attempt } = range;
  if (!(await mayBeKnown(client, attempt))) return 0;
  const { rowCount } = await client.query(
    `UPDATE ${attempt.plan} AS change SET outcome = 'LEFT_ALONE', code = 'CHANGED_SINCE_PLAN', reason = $5
     WHERE ${due(`'CREATE'`)} AND (${knownElsewhere(6)} LIMIT 1) IS NOT NULL`,
    [...params(range), notApplied.madeByAnother, ...idParams(attempt)],
  );
  return rowCount ?? 0;
}
