import type { QueryResultRow } from 'pg';
import type { AbsentPerson } from '../../core/absence.ts';
import { mapInSlices } from '../../core/fair-turns.ts';
import type { PlannedAbsence } from '../../core/plan.ts';
import { valuesOf } from '../contact/contact-columns.ts';
import { byKey } from '../planner-hints.ts';
import { type Attempt, fenced, key } from './attempt.ts';

type Row = {
  external_id: string;
  person: string;
  gone_since: Date | null;
  kept: boolean;
  id: string;
  version: number;
  display_name: string;
  status: AbsentPerson['contact']['status'];
  removal_due_at: Date | null;
  fed_by: string[] | null;
  lost_by: { connectionId: string; since: string }[] | null;
};

type Asked = Pick<Attempt, 'workspaceId' | 'connectionId'>;
type Ask = <R extends QueryResultRow>(sql: string, params?: unknown[]) => Promise<{ rows: R[] }>;

/** The facts about linked people who are missing from a complete read, in order of their ids, and the time of these facts. */
export function absentPeople(
  attempt: Attempt,
  externalIds: readonly string[],
): Promise<{ at: Date; people: AbsentPerson[] }> {
  return readAbsent((sql, params) => attempt.patience.query(sql, params), attempt, externalIds);
}

/** The same, with the caller's way to send a statement. */
export async function readAbsent(
  ask: Ask,
  { workspaceId, connectionId }: Asked,
  externalIds: readonly string[],
): Promise<{ at: Date; people: AbsentPerson[] }> {
  const { rows: clock } = await ask<{ now: Date }>('SELECT clock_timestamp()::timestamptz(3) AS now');
  const { rows } = await ask<Row>(facts, [workspaceId, connectionId, externalIds]);
  const people = await mapInSlices(rows, atOnce, (row) => toAbsent(row, connectionId));
  return { at: clock[0]?.now ?? new Date(), people };
}

// $1 workspace, $2 connection, $3 external ids.
const facts = `
  SELECT link.external_id, link.person, link.gone_since, coalesce(link.kept_at >= link.gone_since, false) AS kept, contact.id, contact.version, contact.display_name, contact.status,
    contact.removal_due_at, others.fed_by, others.lost_by
  FROM contact_link AS link
  JOIN contact ON contact.workspace_id = link.workspace_id AND contact.id = link.contact_id
  CROSS JOIN LATERAL (
    SELECT array_agg(connection.name ORDER BY connection.name) FILTER (WHERE other.gone_since IS NULL) AS fed_by,
      jsonb_agg(jsonb_build_object('connectionId', other.connection_id, 'since', other.gone_since))
        FILTER (WHERE other.gone_since IS NOT NULL) AS lost_by
    FROM contact_link AS other
    JOIN connection ON connection.workspace_id = other.workspace_id AND connection.id = other.connection_id
    WHERE other.workspace_id = $1 AND other.contact_id = contact.id AND other.connection_id <> $2) AS others
  WHERE link.workspace_id = $1 AND link.connection_id = $2 AND link.external_id = ANY($3::text[])
  ORDER BY link.external_id`;

/** The event loop gets a turn after this many people. */
const atOnce = 100;

function toAbsent(row: Row, connectionId: string): AbsentPerson {
  return {
    externalId: row.external_id,
    person: row.person,
    connectionId,
    goneSince: row.gone_since,
    kept: row.kept,
    contact: {
      id: row.id,
      version: row.version,
      name: row.display_name,
      status: row.status,
      removalDueAt: row.removal_due_at,
    },
    fedBy: row.fed_by ?? [],
    lostBy: (row.lost_by ?? []).map(({ connectionId: other, since }) => ({
      connectionId: other,
      since: new Date(since),
    })),
  };
}

const actions = { deactivate: 'DEACTIVATE', delete: 'DELETE', stay: 'NONE' } as const;

/** Adds to the plan what happens to absent people. A contact that was deleted in the meantime needs nothing. */
export async function decideAbsent(attempt: Attempt, planned: readonly PlannedAbsence[]): Promise<void> {
  const rows = await mapInSlices(planned, atOnce, (absence) => JSON.stringify(toRow(absence)));
  await fenced(attempt, async (client) => {
    await client.query(byKey);
    await client.query(
      `INSERT INTO plan_row (workspace_id, run_id, position, action, stays, person, person_id, contact_id, contact_version,
         contact_name, before, reason)
       SELECT $1, $2, planned.position, planned.action, planned.stays, planned.person, planned.person_id, contact.id,
         planned.contact_version, planned.contact_name, ${valuesOf('contact')}, planned.reason
       FROM jsonb_to_recordset($3::jsonb) AS planned (position bigint, action text, stays text, person text, person_id text,
         contact_id uuid, contact_version int, contact_name text, reason text)
       JOIN contact ON contact.workspace_id = $1 AND contact.id = planned.contact_id`,
      [...key(attempt), `[${rows.join(',')}]`],
    );
  });
}

function toRow({ position, person: { contact, ...absent }, outcome }: PlannedAbsence) {
  return {
    position,
    action: actions[outcome.kind],
    stays: outcome.kind !== 'stay' ? null : outcome.newly ? 'NEWLY_GONE' : 'STILL_GONE',
    person: absent.person,
    person_id: absent.externalId,
    contact_id: contact.id,
    contact_version: contact.version,
    contact_name: contact.name,
    reason: outcome.reason,
  };
}
