import { planPositions } from '../../core/sync-store.ts';
import { byList } from '../planner-hints.ts';
import { type Attempt, fenced, key } from './attempt.ts';

/** Ids or numbers as Postgres writes an array: they may be many, and encoding them one by one would hold the event loop. */
const listOf = (items: readonly (string | number)[]): string => `{${items.join(',')}}`;

type PlannedRow = { contact_id: string; position: string; frees: boolean };

/** The rows that the plan has for these contacts, and whether each frees the address that the contact holds now. */
export const plannedAddresses = async (attempt: Attempt, contactIds: readonly string[]) => {
  const { rows } = await attempt.patience.query<PlannedRow>(
    `SELECT change.contact_id, change.position,
       change.action IN ('DEACTIVATE', 'DELETE')
         OR change.action IN ('UPDATE', 'LINK') AND change.email_key IS DISTINCT FROM contact.email_key AS frees
     FROM plan_row AS change
     JOIN contact ON contact.workspace_id = change.workspace_id AND contact.id = change.contact_id
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.contact_id = ANY($3::uuid[])`,
    [...key(attempt), listOf(contactIds)],
  );
  return rows.map((row) => ({ contactId: row.contact_id, position: Number(row.position), freesAddress: row.frees }));
};

/** Turns rows of the plan into skipped ones. */
export const refuse = (attempt: Attempt, refused: readonly { position: number; reason: string }[]): Promise<void> =>
  fenced(attempt, async (client) => {
    await client.query(byList);
    await client.query(
      `UPDATE plan_row AS change
       SET action = 'SKIP', code = 'DUPLICATE_EMAIL', reason = refused.reason, display_name = NULL,
         contact_name = CASE WHEN change.action IN ('CREATE', 'LINK') THEN change.display_name ELSE (change.before)."DISPLAY_NAME" END,
         contact_id = CASE WHEN change.action IN ('CREATE', 'LINK') THEN NULL ELSE change.contact_id END
       FROM unnest($3::bigint[], $4::text[]) AS refused (position, reason)
       WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position = refused.position`,
      [...key(attempt), refused.map(({ position }) => position), refused.map(({ reason }) => reason)],
    );
  });

/** Of people newly gone whose contact goes to somebody else of this read, only that is told. */
export const noteTakeovers = (attempt: Attempt, contactIds: readonly string[]): Promise<void> =>
  fenced(attempt, async (client) => {
    await client.query(
      `UPDATE plan_row SET code = 'TAKEN_OVER',
         reason = 'gone from the directory; the contact goes to another person with its address'
       WHERE workspace_id = $1 AND run_id = $2 AND position < $4 AND action = 'NONE' AND contact_id = ANY($3::uuid[])`,
      [...key(attempt), listOf(contactIds), planPositions.handovers],
    );
  });

/** Moves rows to the part of the plan where addresses change hands; removals stand before it already. */
export const markHandovers = (attempt: Attempt, positions: readonly number[]): Promise<void> =>
  fenced(attempt, async (client) => {
    await client.query(
      `UPDATE plan_row SET position = position - $4::bigint + $5::bigint
       WHERE workspace_id = $1 AND run_id = $2 AND position = ANY($3::bigint[]) AND position >= $4::bigint`,
      [...key(attempt), listOf(positions), planPositions.people, planPositions.handovers],
    );
  });
