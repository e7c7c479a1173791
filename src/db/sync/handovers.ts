import type { PlannedAddress, Refusal } from '../../core/plan.ts';
import { planPositions } from '../../core/sync-store.ts';
import { byList } from '../planner-hints.ts';
import { type Attempt, fenced, key } from './attempt.ts';

/** Ids or numbers as a Postgres array literal. They may be many; if pg encoded them one by one, it would block the event loop. */
function listOf(items: readonly (string | number)[]): string {
  return `{${items.join(',')}}`;
}

type PlannedRow = {
  contact_id: string;
  position: string;
  action: PlannedAddress['action'];
  address_now: string | null;
  address_then: string | null;
};

/** The plan's rows for these contacts. */
export async function plannedAddresses(attempt: Attempt, contactIds: readonly string[]): Promise<PlannedAddress[]> {
  const { rows } = await attempt.patience.query<PlannedRow>(
    `SELECT change.contact_id, change.position, change.action, contact.email_key AS address_now, change.email_key AS address_then
     FROM plan_row AS change
     JOIN contact ON contact.workspace_id = change.workspace_id AND contact.id = change.contact_id
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.contact_id = ANY($3::uuid[])`,
    [...key(attempt), listOf(contactIds)],
  );
  return rows.map((row) => ({
    contactId: row.contact_id,
    position: Number(row.position),
    action: row.action,
    addressNow: row.address_now,
    addressThen: row.address_then,
  }));
}

/** Turns rows of the plan into skipped ones. */
export function refuse(attempt: Attempt, refused: readonly Refusal[]): Promise<void> {
  return fenced(attempt, async (client) => {
    await client.query(byList);
    await client.query(
      `UPDATE plan_row AS change
       SET action = 'SKIP', stays = NULL, code = refused.code, reason = refused.reason, display_name = NULL,
         contact_id = refused.contact_id, contact_name = refused.contact_name
       FROM unnest($3::bigint[], $4::uuid[], $5::text[], $6::text[], $7::text[])
         AS refused (position, contact_id, contact_name, code, reason)
       WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position = refused.position`,
      [
        ...key(attempt),
        refused.map(({ position }) => position),
        refused.map(({ skip }) => skip.contactId),
        refused.map(({ skip }) => skip.contactName),
        refused.map(({ skip }) => skip.code),
        refused.map(({ skip }) => skip.reason),
      ],
    );
  });
}

/** For people who are gone and whose contact passes to another person of this read, the plan shows only that. */
export function noteTakeovers(attempt: Attempt, contactIds: readonly string[], reason: string): Promise<void> {
  return fenced(attempt, async (client) => {
    await client.query(
      `UPDATE plan_row SET stays = 'TAKEN_OVER', reason = $5
       WHERE workspace_id = $1 AND run_id = $2 AND position < $4 AND stays IS NOT NULL AND contact_id = ANY($3::uuid[])`,
      [...key(attempt), listOf(contactIds), planPositions.handovers, reason],
    );
  });
}

/** Moves rows to the part of the plan where addresses change hands. Removals already stand before it. */
export function markHandovers(attempt: Attempt, positions: readonly number[]): Promise<void> {
  return fenced(attempt, async (client) => {
    await client.query(
      `UPDATE plan_row SET position = position - $4::bigint + $5::bigint
       WHERE workspace_id = $1 AND run_id = $2 AND position = ANY($3::bigint[]) AND position >= $4::bigint`,
      [...key(attempt), listOf(positions), planPositions.people, planPositions.handovers],
    );
  });
}
