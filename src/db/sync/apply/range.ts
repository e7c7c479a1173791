import type { PoolClient } from 'pg';
import type { ChangeRows, ChangeSet } from '../../contact/write-history.ts';
import { type Attempt, key } from '../attempt.ts';

/** A stretch of the plan, inside the transaction that applies it. */
export type Range = { client: PoolClient; attempt: Attempt; first: number; last: number };

/** The condition for rows of the stretch, as `change`: $1 workspace, $2 run, $3 and $4 the positions. */
export const inStretch = 'change.workspace_id = $1 AND change.run_id = $2 AND change.position BETWEEN $3 AND $4';

/** The condition for rows of the stretch that are to be applied. */
export const due = (actions: string): string =>
  `${inStretch} AND change.outcome IS NULL AND change.action IN (${actions})`;

/** What `inStretch` needs, and leads every statement's parameters. */
export const params = ({ attempt, first, last }: Range): unknown[] => [...key(attempt), first, last];

/** The same for the stretch's rows of the history. */
export const paramsOfHistory = ({ attempt, first, last }: Range): unknown[] => [
  ...key(attempt),
  attempt.base + first,
  attempt.base + last,
];

/** What the run changes, for the door to a contact. */
export const setOf = ({ client, attempt }: Pick<Range, 'client' | 'attempt'>): ChangeSet => ({
  client,
  workspaceId: attempt.workspaceId,
  id: attempt.runId,
  madeBy: null,
  links: { connectionId: attempt.connectionId },
});

/** The stretch's rows under a condition, which names them `change`. */
export const rowsOf = (range: Range, where: string): ChangeRows => ({
  from: range.attempt.plan,
  where,
  params: params(range),
  base: range.attempt.base,
  first: range.attempt.base + range.first,
  last: range.attempt.base + range.last,
});

/** Locks the contacts of changes, in the order in which everybody locks them. */
export const lockContacts = async (range: Range, condition: string): Promise<void> => {
  await range.client.query(
    `SELECT FROM contact
     WHERE (contact.workspace_id, contact.id) IN (SELECT change.workspace_id, change.contact_id FROM ${range.attempt.plan} AS change WHERE ${condition})
     ORDER BY contact.id FOR UPDATE`,
    params(range),
  );
};
