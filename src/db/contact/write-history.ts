import type { PoolClient } from 'pg';
import type { Actor } from '../../core/access.ts';
import { columnsOf, fieldColumns } from './contact-columns.ts';

/** Changes of contacts that one run or one person makes, inside the transaction that makes them. */
export type ChangeSet = {
  client: PoolClient;
  workspaceId: string;
  /** The run's, or an id of its own. */
  id: string;
  /** Null: the run. */
  madeBy: Actor | null;
  /** Which links are changed with the contacts: those of a connection, those that are let go (all), or none. */
  links: { connectionId: string } | 'released' | 'untouched';
};

/** The connection whose links are changed. */
export function connectionOf({ links }: ChangeSet): string | null {
  return typeof links === 'string' ? null : links.connectionId;
}

/**
 * Where changes come from: rows named `change`, of which the history takes `position` (with `base` added), `action`, `stays`,
 * `outcome`, `code`, `reason`, `person`, `person_id`, `contact_id`, `contact_name` and `before`; those that give values have these, too.
 */
export type ChangeRows = {
  /** SQL: a table or a query, without its name. */
  from: string;
  /** SQL: which of its rows. */
  where: string;
  params: readonly unknown[];
  base: number;
  /** Between which positions of the history they are, with `base` added. */
  first: number;
  last: number;
};

/** How a change leaves a contact: SQL of each column, over `change`, `contact`, `own` (its link of the set's connection) and `clock`. */
export type After = {
  version: string;
  status: string;
  portalAccessBefore: string;
  removalDueAt: string;
  fillsId: string;
  goneSince: string;
};

/** Gives a parameter's place holder. */
export type Put = (value: unknown) => string;

/** What `After` looks at besides: SQL that follows the FROM, as `, LATERAL (...) AS name`. */
export type Besides = (put: Put) => string;

const clock = '(SELECT clock_timestamp()::timestamptz(3) AS now) AS clock';

const toldOfAll = `workspace_id, change_set, position, at, made_by, action, stays, outcome, code, reason, person, person_id, contact_id,
  contact_name, before`;

/** The parameters of a statement that reads these rows: theirs first, then those that are put. */
export function paramsOf({ params }: ChangeRows): { params: unknown[]; put: Put } {
  const all = [...params];
  return { params: all, put: (value) => `$${all.push(value)}` };
}

function ofAll(set: ChangeSet, rows: ChangeRows, put: Put): string {
  return `change.workspace_id, ${put(set.id)}::uuid, change.position + ${rows.base}, clock.now, ${put(set.madeBy)}::jsonb, change.action,
   change.stays, change.outcome, change.code, change.reason, change.person, change.person_id, change.contact_id, change.contact_name, change.before`;
}

/** Of new contacts: what they hold, and their link. */
export async function tellCreations(set: ChangeSet, rows: ChangeRows): Promise<void> {
  const { params, put } = paramsOf(rows);
  await set.client.query(
    `INSERT INTO contact_change (${toldOfAll}, ${fieldColumns}, connection_id, fills_id, contact_version, status)
     SELECT ${ofAll(set, rows, put)}, ${columnsOf('change')}, ${put(connectionOf(set))}, change.fills_id, 1, 'ACTIVE'
     FROM ${rows.from} AS change, ${clock} WHERE ${rows.where} ORDER BY change.position`,
    params,
  );
}

export type Told = {
  after: After;
  /** The contact goes, and with it all its links. */
  deletes?: boolean;
  givesValues?: boolean;
  besides?: Besides;
};

/**
 * Tells what is about to become of contacts that exist and are locked. It is told first, and then carried out: so what is there
 * now is what the history has as "before". The connection's link is compared as text, so that it is looked up by contact: of a
 * connection without statistics the planner would go through all links instead, for each contact.
 *
 * @returns how many there are.
 */
export async function tellChanges(set: ChangeSet, rows: ChangeRows, told: Told): Promise<number> {
  const { after, deletes = false, givesValues = false, besides } = told;
  const { params, put } = paramsOf(rows);
  const connection = `${put(connectionOf(set))}::uuid`;
  const { rowCount } = await set.client.query(
    `INSERT INTO contact_change (${toldOfAll}, connection_id, contact_version, status, locked_fields, portal_access_before,
       removal_due_at, fills_id, gone_since, state_before, links_before ${givesValues ? `, ${fieldColumns}` : ''})
     SELECT ${ofAll(set, rows, put)}, ${connection}, ${after.version}, ${after.status}, contact.locked_fields,
       ${after.portalAccessBefore}, ${after.removalDueAt}, ${after.fillsId}, ${after.goneSince},
       ROW(contact.status, contact.locked_fields, contact.portal_access_before, contact.removal_due_at)::contact_state,
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
     ${link}.last_seen_at, ${link}.gone_since)::contact_link_state`;
}
const ownLink = `CASE WHEN own.contact_id IS NOT NULL THEN ARRAY[${linkState('own')}] END`;
const allLinks = `(
  SELECT array_agg(${linkState('link')} ORDER BY link.connection_id) FROM contact_link AS link
  WHERE link.workspace_id = contact.workspace_id AND link.contact_id = contact.id)`;

/** Tells of rows that change no contact, as they are shown. */
export async function tellUnchanged(set: ChangeSet, rows: ChangeRows): Promise<void> {
  const { params, put } = paramsOf(rows);
  await set.client.query(
    `INSERT INTO contact_change (${toldOfAll}, ${fieldColumns})
     SELECT ${ofAll(set, rows, put)}, ${columnsOf('change')} FROM ${rows.from} AS change, ${clock}
     WHERE ${rows.where} ORDER BY change.position`,
    params,
  );
}
