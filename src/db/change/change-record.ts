import type { ChangeRecord } from '../../core/records.ts';
import type { ChangeAction } from '../../core/run.ts';
import { readValues } from '../sync/read-values.ts';

/** A row of contact_change with what its run adds. */
export type ChangeRow = {
  run_id: string;
  /** A bigint, which comes as text. */
  position: string;
  at: Date;
  action: ChangeAction;
  applied: boolean;
  contact_id: string | null;
  contact_name: string;
  person: string;
  person_id: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  reason: string | null;
};

/** The name of the contact that a change is about, or is to make. */
export const contactName = `coalesce(contact_change.contact_name, (contact_change.after)."DISPLAY_NAME",
  (contact_change.before)."DISPLAY_NAME", contact_change.person)`;

/** Applied is what the run has come past and has not left alone; skipped people never are. */
const applied = `(contact_change.position <= run.applied_position AND contact_change.outcome IS NULL AND contact_change.action <> 'SKIP')`;

/** An applied change was made when its batch was, which the batch's row of the log tells; others, when the run ended. */
export const selectChanges = `
  SELECT contact_change.run_id, contact_change.position, contact_change.action, ${applied} AS applied,
    contact_change.contact_id, ${contactName} AS contact_name, contact_change.person, contact_change.person_id,
    to_jsonb(contact_change.before) AS before, to_jsonb(contact_change.after) AS after, contact_change.reason,
    coalesce(batch.at, run.finished_at, run.started_at, run.queued_at) AS at
  FROM contact_change
  JOIN run ON run.workspace_id = contact_change.workspace_id AND run.id = contact_change.run_id
  LEFT JOIN LATERAL (
    SELECT run_log.at FROM run_log
    WHERE run_log.workspace_id = contact_change.workspace_id AND run_log.run_id = contact_change.run_id
      AND run_log.first_position IS NOT NULL AND run_log.last_position >= contact_change.position
    ORDER BY run_log.last_position LIMIT 1) AS batch ON ${applied}`;

/** Rows that only renew a link are none of anybody's business. */
export const isShown = `NOT (contact_change.action = 'NONE' AND contact_change.code IS NULL)`;

export const toChange = (row: ChangeRow): ChangeRecord => ({
  runId: row.run_id,
  position: Number(row.position),
  at: row.at,
  action: row.action,
  applied: row.applied,
  contactId: row.contact_id,
  contactName: row.contact_name,
  person: row.person,
  personId: row.person_id,
  before: row.before === null ? null : readValues(row.before),
  after: row.after === null ? null : readValues(row.after),
  reason: row.reason,
});
