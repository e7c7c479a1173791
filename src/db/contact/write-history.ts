import type { PoolClient } from 'pg';
import type { Actor } from '../../core/access.ts';
import { columnsOf, fieldColumns, valuesOf } from './contact-columns.ts';

/** A set of changes that one run or one person makes to contacts, with the transaction that makes them. */
export type ChangeSet = {
  client: PoolClient;
  workspaceId: string;
  /** The run's id, or a new id. */
  id: string;
  /** Null: the run makes the changes. */
  madeBy: Actor | null;
  /** The links that change with the contacts: those of a connection, all that are released, or none. */
  links: { connectionId: string } | 'released' | 'untouched';
};

/** The connection whose links change. Null: not those of a single connection. */
export function connectionOf({ links }: ChangeSet): string | null {
  return typeof links === 'string' ? null : links.connectionId;
}

/**
 * The rows that changes come from, named `change`. The history takes `position` (with `base` added), `action`, `stays`, `outcome`,
 * `code`, `reason`, `person`, `person_id`, `contact_id`, `contact_name` and `before` from them, and the values if they give any.
 */
export type ChangeRows = {
  /** SQL: a table or a query, without its name. */
  from: string;
  /** SQL: the condition for the rows. */
  where: string;
  params: readonly unknown[];
  base: number;
  /** The lowest and the highest position in the history, with `base` added. */
  first: number;
  last: number;
};

/** The state after a change: SQL for each column, over `change`, `contact`, `own` (its link of the set's connection) and `clock`. */
export type After = {
  version: string;
  status: string;
  lockedFields: string;
  portalAccessBefore: string;
  removalDueAt: string;
  fillsId: string;
  goneSince: string;
  /** The earlier version that equals the contact now, after a revert. Left out: none. */
  sameAs?: string;
};

/** Adds a parameter and returns its placeholder. */
export type Put = (value: unknown) => string;

/** More SQL that `After` may use, after the FROM, like `, LATERAL (...) AS name`. */
export type Besides = (put: Put) => string;

const clock = '(SELECT clock_timestamp()::timestamptz(3) AS now) AS clock';

const commonColumns = `workspace_id, change_set, position, at, made_by, action, stays, outcome, code, reason, person, person_id, contact_id,
  contact_name, before`;

/** The parameters of a statement over these rows: first theirs, then those that `put` adds. */
export function paramsOf({ params }: ChangeRows): { params: unknown[]; put: Put } {
  const all = [...params];
  return { params: all, put: (value) => `$${all.push(value)}` };
}

function commonValues(set: ChangeSet, rows: ChangeRows, put: Put, before = 'change.before'): string {
  return `change.workspace_id, ${put(set.id)}::uuid, change.position + ${rows.base}, clock.now, ${put(set.madeBy)}::jsonb, change.action,
   change.stays, change.outcome, change.code, change.reason, change.person, change.person_id, change.contact_id, change.contact_name, ${before}`;
}

/** The state of new contacts: SQL for each column, over `change` and `clock`. */
export type Birth = {
  version: string;
  status: string;
  lockedFields: string;
  portalAccessBefore: string;
  removalDueAt: string;
  createdAt: string;
  /** See `After`. */
  sameAs: string;
};

/** Writes the history of new contacts: their values, their link and their state. */
export async function writeCreations(set: ChangeSet, rows: ChangeRows, born: Birth): Promise<void> {
  const { params, put } = paramsOf(rows);
  await set.client.query(
    `INSERT INTO contact_change (${commonColumns}, ${fieldColumns}, connection_id, fills_id, contact_version, status, locked_fields,
       portal_access_before, removal_due_at, same_as)
     SELECT ${commonValues(set, rows, put)}, ${columnsOf('change')}, ${put(connectionOf(set))}, change.fills_id, ${born.version},
       ${born.status}, ${born.lockedFields}, ${born.portalAccessBefore}, ${born.removalDueAt}, ${born.sameAs}
     FROM ${rows.from} AS change, ${clock} WHERE ${rows.where} ORDER BY change.position`,
    params,
  );
}

/** The effect of a change on a contact. */
export type Effect = {
  after: After;
  /** The contact is deleted with all its links. */
  deletes?: boolean;
  givesValues?: boolean;
  /** The values stay as they are now, even if they have changed since the rows were made. */
  keepsValues?: boolean;
  besides?: Besides;
};

/**
 * Writes the history of changes to existing contacts that are locked. The history is written before the changes are made, so the
 * current state becomes its "before". The connection's id is compared as text, so that the planner looks up links by contact.
 * Without statistics of the connection it would read all of its links, once per contact.
 *
 * @returns the number of changes.
 */
export async function writeChanges(set: ChangeSet, rows: ChangeRows, effect: Effect): Promise<number> {
  const { after, deletes = false, givesValues = false, keepsValues = false, besides } = effect;
  const { params, put } = paramsOf(rows);
  const connection = `${put(connectionOf(set))}::uuid`;
  const { rowCount } = await set.client.query(
    `INSERT INTO contact_change (${commonColumns}, connection_id, contact_version, status, locked_fields, portal_access_before,
       removal_due_at, fills_id, gone_since, same_as, state_before, links_before ${givesValues ? `, ${fieldColumns}` : ''})
     SELECT ${commonValues(set, rows, put, keepsValues ? valuesOf('contact') : undefined)}, ${connection}, ${after.version}, ${after.status}, ${after.lockedFields},
       ${after.portalAccessBefore}, ${after.removalDueAt}, ${after.fillsId}, ${after.goneSince}, ${after.sameAs ?? 'NULL'}::int,
       ROW(contact.status, contact.locked_fields, contact.portal_access_before, contact.removal_due_at, contact.version,
         contact.created_at, contact.person_key, contact.manager_ref)::contact_state,
       ${deletes || set.links === 'released' ? allLinks : ownLink} ${givesValues ? `, ${columnsOf('change')}` : ''}
     FROM ${rows.from} AS change
     JOIN contact ON contact.workspace_id = change.workspace_id AND contact.id = change.contact_id
     LEFT JOIN contact_link AS own ON own.workspace_id = contact.workspace_id AND own.contact_id = contact.id
       AND own.connection_id::text = ${connection}::text
     CROSS JOIN ${clock} ${besides?.(put) ?? ''}
     WHERE ${rows.where} ORDER BY change.position`,
    params,
  );
  return rowCount ?? 0;
}

function linkState(link: string): string {
  return `ROW(${link}.connection_id, ${link}.external_id, ${link}.contact_id, ${link}.person, ${link}.fills_id, ${link}.linked_at,
     ${link}.last_seen_at, ${link}.gone_since, ${link}.person_ref)::contact_link_state`;
}
const ownLink = `CASE WHEN own.contact_id IS NOT NULL THEN ARRAY[${linkState('own')}] END`;
const allLinks = `(
  SELECT array_agg(${linkState('link')} ORDER BY link.connection_id) FROM contact_link AS link
  WHERE link.workspace_id = contact.workspace_id AND link.contact_id = contact.id)`;

/** Writes into the history rows that change no contact, to be shown. */
export async function writeUnchanged(set: ChangeSet, rows: ChangeRows): Promise<void> {
  const { params, put } = paramsOf(rows);
  await set.client.query(
    `INSERT INTO contact_change (${commonColumns}, ${fieldColumns})
     SELECT ${commonValues(set, rows, put)}, ${columnsOf('change')} FROM ${rows.from} AS change, ${clock}
     WHERE ${rows.where} ORDER BY change.position`,
    params,
  );
}
