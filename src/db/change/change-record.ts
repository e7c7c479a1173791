import type { ChangeRecord } from '../../core/records.ts';
import type { ChangeAction } from '../../core/run.ts';
import { readValues, valuesOf } from '../contact/contact-columns.ts';

/** A change as it is shown. */
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

/** Where a run's changes stand: what is still planned, and what became of it. A row is in one of them, and moves in one transaction. */
export type ChangeTable = {
  name: 'plan_row' | 'kept_plan_row' | 'contact_change';
  run: 'run_id' | 'change_set';
  /** SQL: whether it was, and when. */
  applied: string;
  at: string;
  /** SQL: what is added to a row's own position. */
  base: string;
};

const planned = { run: 'run_id', applied: 'false', at: 'NULL', base: 'run.position_base' } as const;

export const changeTables: readonly ChangeTable[] = [
  {
    name: 'contact_change',
    run: 'change_set',
    // People whom it left alone have nothing applied to them.
    applied: `change.outcome IS NULL AND change.action <> 'SKIP'`,
    at: `CASE WHEN change.outcome IS NULL AND change.action <> 'SKIP' THEN change.at END`,
    base: '0',
  },
  { name: 'plan_row', ...planned },
  { name: 'kept_plan_row', ...planned },
];

/** What is shown of a row of such a table, as `change`. What was not applied is of when its run ended. */
export function selectChanges({ name, run, applied, at, base }: ChangeTable): string {
  return `
  SELECT change.${run} AS run_id, change.position + ${base} AS position, change.action, ${applied} AS applied, change.contact_id,
    ${shownName('change')} AS contact_name, change.person, change.person_id, to_jsonb(change.before) AS before,
    CASE WHEN change.display_name IS NOT NULL THEN to_jsonb(${valuesOf('change')}) END AS after, change.reason,
    coalesce(${at}, run.finished_at, run.started_at, run.queued_at) AS at
  FROM ${name} AS change
  JOIN run ON run.workspace_id = change.workspace_id AND run.id = change.${run}`;
}

export function toChange(row: ChangeRow): ChangeRecord {
  return {
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
  };
}

/**
 * SQL: the name under which a row of the plan or of the history is shown. It is the one that was decided for it; of a contact to
 * be created, its name; of somebody who has none, what the source calls them.
 */
export function shownName(row: string): string {
  return `coalesce(${row}.contact_name, ${row}.display_name, ${row}.person)`;
}

/** SQL: whether such a row is shown. Not where nothing is decided yet, and not where it only renews a link. */
export function isShown(row: string): string {
  return `(${row}.action IS NOT NULL AND ${row}.stays IS DISTINCT FROM 'AS_BEFORE')`;
}
