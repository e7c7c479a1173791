import type { Actor } from '../../core/access.ts';
import type { ChangeRecord } from '../../core/records.ts';
import type { ChangeAction } from '../../core/run.ts';
import { readValues, valuesOf } from '../contact/contact-columns.ts';

/** A change, as the API shows it. */
export type ChangeRow = {
  change_set: string;
  made_by: Actor | null;
  /** A bigint, which comes as text. */
  position: string;
  at: Date;
  action: ChangeAction;
  applied: boolean;
  contact_id: string | null;
  contact_name: string;
  person: string | null;
  person_id: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  reason: string | null;
};

/**
 * A table with changes of runs: planned ones, or applied ones. A change is in only one of the tables; one transaction
 * moves it to another.
 */
export type ChangeTable = {
  name: 'plan_row' | 'kept_plan_row' | 'contact_change';
  run: 'run_id' | 'change_set';
  /** SQL: the person who made the change. */
  madeBy: string;
  /** SQL: whether the change was applied, and when. */
  applied: string;
  at: string;
  /** SQL: the number that is added to a row's position. */
  base: string;
};

const planned = {
  run: 'run_id',
  madeBy: 'NULL::jsonb',
  applied: 'false',
  at: 'NULL',
  base: 'run.position_base',
} as const;

export const history: ChangeTable = {
  name: 'contact_change',
  run: 'change_set',
  madeBy: 'change.made_by',
  // Nothing was applied to people who were left alone.
  applied: `change.outcome IS NULL AND change.action <> 'SKIP'`,
  at: `CASE WHEN change.outcome IS NULL AND change.action <> 'SKIP' THEN change.at END`,
  base: '0',
};

export const changeTables: readonly ChangeTable[] = [
  history,
  { name: 'plan_row', ...planned },
  { name: 'kept_plan_row', ...planned },
];

/**
 * Selects the shown columns of the rows of such a table, named `change`. A change that was not applied has the time at
 * which its run ended.
 */
export function selectChanges({ name, run, madeBy, applied, at, base }: ChangeTable): string {
  return `
  SELECT change.${run} AS change_set, ${madeBy} AS made_by, change.position + ${base} AS position, change.action, ${applied} AS applied, change.contact_id,
    ${shownName('change')} AS contact_name, change.person, change.person_id, to_jsonb(change.before) AS before,
    CASE WHEN change.display_name IS NOT NULL THEN to_jsonb(${valuesOf('change')}) END AS after, change.reason,
    coalesce(${at}, run.finished_at, run.started_at, run.queued_at) AS at
  FROM ${name} AS change
  LEFT JOIN run ON run.workspace_id = change.workspace_id AND run.id = change.${run}`;
}

export function toChange(row: ChangeRow): ChangeRecord {
  return {
    changeSet: row.change_set,
    madeBy: row.made_by,
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
 * SQL: the name under which a row of the plan or of the history is shown. It is the name that was decided, else the name of the
 * contact to be created, else the person's name in the source.
 */
export function shownName(row: string): string {
  return `coalesce(${row}.contact_name, ${row}.display_name, ${row}.person)`;
}

/** SQL: whether such a row is shown. It is not when nothing is decided yet, or when it only renews a link. */
export function isShown(row: string): string {
  return `(${row}.action IS NOT NULL AND ${row}.stays IS DISTINCT FROM 'AS_BEFORE')`;
}
