import type { PoolClient } from 'pg';
import { type ContactField, type FieldKey, fieldKey, isLabeledField } from '../../core/contact.ts';
import type { ContactPart, Emptied, EmptiedQuestion } from '../../core/sync-store.ts';
import { columnOf } from '../contact/contact-columns.ts';
import { byList } from '../planner-hints.ts';
import { type Attempt, transaction } from './attempt.ts';

/**
 * Counts the connection's active contacts that have a value in a part (a field, or a label of one) and lose it by the plan. Reads
 * the plan once. Reads the contacts only for parts that many people lose.
 */
export async function countEmptied(attempt: Attempt, { parts, atLeast }: EmptiedQuestion): Promise<Emptied[]> {
  if (parts.length === 0) return [];
  const losses = await countLosses(attempt, parts);
  const suspected = parts.filter((part) => losses(part) >= atLeast);
  if (suspected.length === 0) return [];
  return transaction(attempt, async (client) => {
    await client.query(byList);
    const emptied = await countLosers(client, attempt, suspected);
    const had = await countHolders(client, attempt, suspected);
    return suspected.map((part) => ({ ...part, emptied: emptied(part), had: had(part) }));
  });
}

type Row = { key: FieldKey; count: number };
type CountOf = (part: ContactPart) => number;

function keyOf({ field, label }: ContactPart): FieldKey {
  return fieldKey(field, label);
}

function countOf(rows: readonly Row[]): CountOf {
  const counts = new Map(rows.map(({ key, count }) => [key, count]));
  return (part) => counts.get(keyOf(part)) ?? 0;
}

/** Counts losses in all rows that update a contact, active or not. */
async function countLosses({ patience, workspaceId, runId }: Attempt, parts: readonly ContactPart[]): Promise<CountOf> {
  const { rows } = await patience.query<Row>(
    `SELECT key, count(*)::int AS count
     FROM plan_row AS change CROSS JOIN LATERAL unnest(${lostKeys(parts)}) AS key
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'UPDATE' AND key = ANY($3::text[])
     GROUP BY key`,
    [workspaceId, runId, parts.map(keyOf)],
  );
  return countOf(rows);
}

/**
 * SQL: the connection's active contacts before the run, without those whose person was gone. A deleted connection feeds nobody; there
 * it is the contacts of the plan. $1: workspace, $2: see `base`.
 */
function fedContacts({ connectionDeleted }: Attempt): string {
  const link = connectionDeleted
    ? `plan_row AS link JOIN contact ON link.run_id = $2`
    : `contact_link AS link JOIN contact ON link.connection_id = $2 AND link.gone_since IS NULL`;
  return `${link} AND contact.workspace_id = link.workspace_id AND contact.id = link.contact_id
       AND link.workspace_id = $1 AND contact.status = 'ACTIVE'`;
}

function base({ connectionDeleted, connectionId, runId }: Attempt): string {
  return connectionDeleted ? runId : connectionId;
}

/** Counts the active contacts that lose something. */
async function countLosers(client: PoolClient, attempt: Attempt, parts: readonly ContactPart[]): Promise<CountOf> {
  const { rows } = await client.query<Row>(
    `SELECT key, count(*)::int AS count
     FROM ${fedContacts(attempt)}
     JOIN plan_row AS change ON change.contact_id = contact.id
     CROSS JOIN LATERAL unnest(${lostKeys(parts)}) AS key
     WHERE change.workspace_id = $1 AND change.run_id = $4 AND change.action = 'UPDATE' AND key = ANY($3::text[])
     GROUP BY key`,
    [attempt.workspaceId, base(attempt), parts.map(keyOf), attempt.runId],
  );
  return countOf(rows);
}

async function countHolders(client: PoolClient, attempt: Attempt, parts: readonly ContactPart[]): Promise<CountOf> {
  const held = emptiedKeys(
    parts,
    (field) => `contact."${columnOf(field)}"`,
    () => 'NULL::json',
  );
  const { rows } = await client.query<Row>(
    `SELECT key, count(*)::int AS count FROM ${fedContacts(attempt)} CROSS JOIN LATERAL unnest(${held}) AS key
     WHERE key = ANY($3::text[])
     GROUP BY key`,
    [attempt.workspaceId, base(attempt), parts.map(keyOf)],
  );
  return countOf(rows);
}

function lostKeys(parts: readonly ContactPart[]): string {
  return emptiedKeys(
    parts,
    (field) => `(change.before)."${field}"`,
    (field) => `change."${columnOf(field)}"`,
  );
}

type ValueOf = (field: ContactField) => string;

/**
 * SQL: the keys of those of these fields, and of their labels, that have a value `before` and none `after`. The cost depends on
 * what a contact has, not on how many labels are asked for.
 */
function emptiedKeys(parts: readonly ContactPart[], before: ValueOf, after: ValueOf): string {
  const fields = [...new Set(parts.map(({ field }) => field))];
  const isEmptied = (field: ContactField): string =>
    isLabeledField(field)
      ? `${lengthOf(before(field))} > 0 AND ${lengthOf(after(field))} = 0`
      : `${before(field)} IS NOT NULL AND ${after(field)} IS NULL`;
  const whole = fields.map((field) => `CASE WHEN ${isEmptied(field)} THEN '${field}' END`);
  const labels = fields.filter(isLabeledField).map(
    (field) => `CASE WHEN ${before(field)}::text IS DISTINCT FROM ${after(field)}::text
      THEN ARRAY(${labelsIn(field, before(field))} EXCEPT ${labelsIn(field, after(field))}) END`,
  );
  return [`array_remove(ARRAY[${whole.join(', ')}]::text[], NULL)`, ...labels].join(' || ');
}

function lengthOf(list: string): string {
  return `coalesce(json_array_length(${list}), 0)`;
}

function labelsIn(field: ContactField, list: string): string {
  return `SELECT '${field}:' || (entry->>'label') FROM json_array_elements(${list}) AS entry`;
}

/** Counts the connection's active contacts before the run. */
export async function countActive(attempt: Attempt): Promise<number> {
  const { rows } = await attempt.patience.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM ${fedContacts(attempt)}`,
    [attempt.workspaceId, base(attempt)],
  );
  return rows[0]?.count ?? 0;
}
