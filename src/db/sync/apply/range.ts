import type { PoolClient } from 'pg';
import { notApplied } from '../../../core/change-line.ts';
import { notTakenBack } from '../../../core/taking-back.ts';
import { type ChangeRows, type ChangeSet, writeUnchanged } from '../../contact/write-history.ts';
import { type Attempt, key } from '../attempt.ts';

/** A stretch of the plan, inside the transaction that applies it. */
export type Range = { client: PoolClient; attempt: Attempt; first: number; last: number };

/** SQL: the condition for rows of the stretch, as `change`. $1: workspace, $2: run, $3 and $4: the positions. */
export const inStretch = 'change.workspace_id = $1 AND change.run_id = $2 AND change.position BETWEEN $3 AND $4';

/** SQL: the condition for rows of the stretch that are to be applied. */
export function due(actions: string): string {
  return `${inStretch} AND change.outcome IS NULL AND change.action IN (${actions})`;
}

/** The parameters of `inStretch`. They come first in every statement. */
export function params({ attempt, first, last }: Range): unknown[] {
  return [...key(attempt), first, last];
}

/** The same for the stretch's rows in the history. */
export function paramsOfHistory({ attempt, first, last }: Range): unknown[] {
  return [...key(attempt), attempt.base + first, attempt.base + last];
}

/** The run's set of changes, as change-contact.ts takes it. */
export function setOf({ client, attempt }: Pick<Range, 'client' | 'attempt'>): ChangeSet {
  return {
    client,
    workspaceId: attempt.workspaceId,
    id: attempt.runId,
    madeBy: null,
    links: { connectionId: attempt.connectionId },
  };
}

/** The stretch's rows that meet a condition, which calls them `change`. */
export function rowsOf(range: Range, where: string): ChangeRows {
  return {
    from: range.attempt.plan,
    where,
    params: params(range),
    base: range.attempt.base,
    first: range.attempt.base + range.first,
    last: range.attempt.base + range.last,
  };
}

/** Locks the contacts of changes, in order of id, as all others do. */
export async function lockContacts(range: Range, condition: string): Promise<void> {
  await range.client.query(
    `SELECT FROM contact
     WHERE (contact.workspace_id, contact.id) IN (SELECT change.workspace_id, change.contact_id FROM ${range.attempt.plan} AS change WHERE ${condition})
     ORDER BY contact.id FOR UPDATE`,
    params(range),
  );
}

/** Locks the contacts of the stretch. Leaves those alone that have changed since the plan was made. */
export async function leaveChangedAlone(range: Range, actions: string): Promise<void> {
  await lockContacts(range, due(actions));
  await range.client.query(
    `UPDATE ${range.attempt.plan} AS change SET outcome = 'LEFT_ALONE', code = 'CHANGED_SINCE_PLAN',
       reason = $5
     WHERE ${due(actions)} AND NOT EXISTS (
       SELECT FROM contact WHERE contact.workspace_id = change.workspace_id AND contact.id = change.contact_id
         AND contact.version = change.contact_version)`,
    [...params(range), range.attempt.reverts === null ? notApplied.contactChanged : notTakenBack.changed],
  );
}

/**
 * Writes into the history what else is shown of the stretch: people who were left alone, and absences that changed nothing. The OR
 * before NOT EXISTS makes the planner look up row by row what the history already has. As a condition of its own it would
 * become a join; without statistics, that would read the run's whole history once per row.
 */
export async function writeRest(range: Range): Promise<void> {
  const rest = `${inStretch} AND (change.action = 'SKIP' OR change.outcome IS NOT NULL
    OR change.stays <> 'AS_BEFORE' AND NOT EXISTS (
      SELECT FROM contact_change AS told WHERE told.workspace_id = change.workspace_id AND told.change_set = change.run_id
        AND told.position = change.position + ${range.attempt.base}))`;
  await writeUnchanged(setOf(range), rowsOf(range, rest));
}

/** Deletes the stretch's rows from the plan. The history has them by then. */
export async function dropPlanRows(range: Range): Promise<void> {
  await range.client.query(`DELETE FROM ${range.attempt.plan} AS change WHERE ${inStretch}`, params(range));
}
