import { isLabeledField } from '../../core/contact.ts';
import type { ContactPart, Emptied, EmptiedQuestion } from '../../core/sync-store.ts';
import { byList } from '../planner-hints.ts';
import { type Attempt, key, transaction } from './attempt.ts';
import { columnOf } from './contact-columns.ts';

/**
 * Counts the active contacts of the connection that the plan leaves with nothing in a part in which they have something. The
 * plan is gone through once; the contacts only where many lose something.
 */
export const countEmptied = async (attempt: Attempt, { parts, atLeast }: EmptiedQuestion): Promise<Emptied[]> => {
  if (parts.length === 0) return [];
  const losses = await countLosses(attempt, parts);
  const suspected = parts.filter((_, i) => (losses[i] ?? 0) >= atLeast);
  if (suspected.length === 0) return [];
  const counted = await compareWithContacts(attempt, suspected);
  return counted.filter(({ emptied }) => emptied >= atLeast);
};

/**
 * Whether there is something in a part, where `value` is the SQL of its field. $3: the label of each part; a statement names it
 * once more with its type, because not every part has a label.
 */
const holds = ({ field, label }: ContactPart, value: string, index: number): string => {
  if (!isLabeledField(field)) return `${value} IS NOT NULL`;
  if (label === null) return `coalesce(jsonb_array_length(${value}), 0) > 0`;
  return `coalesce(${value} @> jsonb_build_array(jsonb_build_object('label', ($3::text[])[${index + 1}])), false)`;
};

const had = (part: ContactPart, index: number): string => holds(part, `contact."${columnOf(part.field)}"`, index);

const loses = (part: ContactPart, index: number): string =>
  `${holds(part, `(change.before)."${part.field}"`, index)} AND NOT ${holds(part, `(change.after)."${part.field}"`, index)}`;

const countWhere = (conditions: readonly string[]): string =>
  `ARRAY[${conditions.map((condition) => `count(*) FILTER (WHERE ${condition})`).join(', ')}]::int[]`;

/** In all rows that update a contact, active or not. */
const countLosses = async (attempt: Attempt, parts: readonly ContactPart[]): Promise<number[]> => {
  const { rows } = await attempt.patience.query<{ losses: number[] }>(
    `SELECT ${countWhere(parts.map(loses))} AS losses FROM contact_change AS change
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'UPDATE' AND $3::text[] IS NOT NULL`,
    [...key(attempt), parts.map(({ label }) => label)],
  );
  return rows[0]?.losses ?? [];
};

/** Of the contacts that are active and whose person was not gone before the run. */
const compareWithContacts = (attempt: Attempt, parts: readonly ContactPart[]): Promise<Emptied[]> =>
  transaction(attempt, async (client) => {
    await client.query(byList);
    const { rows } = await client.query<{ emptied: number[]; had: number[] }>(
      `SELECT ${countWhere(parts.map(loses))} AS emptied, ${countWhere(parts.map(had))} AS had
       FROM contact_link AS link
       JOIN contact ON contact.workspace_id = link.workspace_id AND contact.id = link.contact_id
       LEFT JOIN contact_change AS change ON change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'UPDATE'
         AND change.contact_id = contact.id
       WHERE link.workspace_id = $1 AND link.connection_id = $4 AND link.gone_since IS NULL AND contact.status = 'ACTIVE'
         AND $3::text[] IS NOT NULL`,
      [...key(attempt), parts.map(({ label }) => label), attempt.connectionId],
    );
    return parts.map((part, i) => ({ ...part, emptied: rows[0]?.emptied[i] ?? 0, had: rows[0]?.had[i] ?? 0 }));
  });
