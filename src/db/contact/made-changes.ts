import type { ContactStatus, ContactValues } from '../../core/contact.ts';
import type { ChangeAction } from '../../core/run.ts';
import { type MadeChange, takeBack, takenBack } from '../../core/taking-back.ts';
import { indexed, keysText, wordsText } from '../../search/contact-index.ts';
import type { Query } from '../query.ts';
import { fieldValues, readValues, valuesOf } from './contact-columns.ts';

/** The history to revert: these positions of a set of changes. */
export type HistoryPart = { workspaceId: string; changeSet: string; first: number; last: number };

type Row = {
  position: string;
  first_action: ChangeAction;
  last_action: ChangeAction;
  contact_id: string;
  version: number | null;
  name: string | null;
  person: string | null;
  person_id: string | null;
  before: Record<string, unknown> | null;
  status_before: ContactStatus | null;
  manager_ref: string | null;
  fills_id: string | null;
  connection_id: string | null;
  status: ContactStatus | null;
  as_left: boolean | null;
  fed_by_others: boolean;
  changed_nothing: boolean;
  newest_action: ChangeAction | null;
  newest_by: string | null;
};

/** SQL: the rows of the history that changed a contact. */
function applied(row: string): string {
  return `${row}.outcome IS NULL AND ${row}.action <> 'SKIP' AND ${row}.contact_id IS NOT NULL`;
}

/**
 * SQL: the changes of `contact` in the part that is reverted. $1 workspace, $2 set, $3 and $4 positions. The text and
 * the + 0 make the planner look up by contact. By set and position it would read the whole set, once per contact.
 */
function ofPart(row: string, contact: string): string {
  return `${row}.workspace_id = $1 AND ${row}.change_set::text = $2::uuid::text AND ${row}.contact_id = ${contact}
    AND ${row}.position + 0 BETWEEN $3 AND $4 AND ${applied(row)}`;
}

/**
 * SQL: the earliest version of a contact that equals this version. If no change was reverted to this version, it is
 * this version itself.
 */
export function originOf(contact: string, version: string): string {
  return `coalesce((
    SELECT max(same.same_as) FROM contact_change AS same
    WHERE same.workspace_id = $1 AND same.contact_id = ${contact} AND same.contact_version = ${version}), ${version})`;
}

/**
 * Facts about the contacts that a part of the history changed, in order of their first change, after a position.
 * `exceptBy`: leaves out contacts that this run has already reverted, and those that another run has reverted, if
 * nothing has changed them since.
 */
export async function madeChanges(
  query: Query,
  { workspaceId, changeSet, first, last }: HistoryPart,
  page: { after: number; limit: number; exceptBy: string | null },
): Promise<PlannedBack[]> {
  const rows = await query<Row>(facts, [workspaceId, changeSet, first, last, page.after, page.exceptBy, page.limit]);
  return rows.map((row) => toPlanned(row, workspaceId));
}

const facts = `
  SELECT made.position, made.action AS first_action, final.action AS last_action, made.contact_id, contact.version,
    coalesce(contact.display_name, final.contact_name, final.display_name, made.person) AS name, made.person, made.person_id,
    to_jsonb(was.before) AS before, (made.state_before).status AS status_before, (made.state_before).manager_ref,
    made.connection_id, own.fills_id,
    contact.status, ${originOf('contact.id', 'contact.version')} = ${originOf('contact.id', 'final.contact_version')} AS as_left,
    EXISTS (SELECT FROM contact_link AS link WHERE link.workspace_id = $1 AND link.contact_id = made.contact_id
      AND link.connection_id IS DISTINCT FROM made.connection_id AND link.linked_at > made.at) AS fed_by_others,
    made.action = 'NONE' AND final.action = 'NONE'
      AND (made.state_before).removal_due_at IS NOT DISTINCT FROM final.removal_due_at
      AND own.gone_since IS NOT DISTINCT FROM final.gone_since AS changed_nothing,
    newest.action AS newest_action, coalesce(newest.made_by->>'name', 'a run of ' || run.connection_name, 'a run') AS newest_by
  FROM contact_change AS made
  CROSS JOIN LATERAL (
    SELECT last.* FROM contact_change AS last WHERE ${ofPart('last', 'made.contact_id')} ORDER BY last.position + 0 DESC LIMIT 1) AS final
  LEFT JOIN LATERAL (
    SELECT one.before FROM contact_change AS one WHERE ${ofPart('one', 'made.contact_id')} AND (one.before)."DISPLAY_NAME" IS NOT NULL
    ORDER BY one.position + 0 LIMIT 1) AS was ON true
  LEFT JOIN LATERAL unnest(made.links_before) AS own ON own.connection_id = made.connection_id
  LEFT JOIN contact ON contact.workspace_id = made.workspace_id AND contact.id = made.contact_id
  LEFT JOIN LATERAL (
    SELECT new.action, new.made_by, new.change_set FROM contact_change AS new
    WHERE new.workspace_id = $1 AND new.contact_id = made.contact_id AND ${applied('new')}
    ORDER BY new.at DESC, new.change_set DESC, new.position DESC LIMIT 1) AS newest ON true
  LEFT JOIN run ON run.workspace_id = $1 AND run.id = newest.change_set
  WHERE made.workspace_id = $1 AND made.change_set = $2 AND made.position BETWEEN $3 AND $4 AND made.position > $5 AND ${applied('made')}
    AND NOT EXISTS (
      SELECT FROM contact_change AS earlier WHERE ${ofPart('earlier', 'made.contact_id')} AND earlier.position + 0 < made.position)
    AND NOT EXISTS (
      SELECT FROM contact_change AS back
      WHERE back.workspace_id = $1 AND back.contact_id = made.contact_id AND back.change_set::text = $6::uuid::text AND ${applied('back')})
    AND ($6::uuid IS NULL OR run.reverts IS DISTINCT FROM $2)
  ORDER BY made.position LIMIT $7`;

/** How the changes of a contact are reverted, as a record of `plannedRecord`. */
export type PlannedBack = {
  /** The position of the first change. */
  position: number;
  action: ChangeAction | null;
  contactId: string;
  /** The connection whose run made the changes. Null: a person did, or no single connection. */
  connectionId: string | null;
  /** The earlier values of the contact, if it gets them back. */
  values: ContactValues | null;
  reason: string | null;
  /** The changes can't be reverted as a whole, but maybe in parts. */
  inParts: boolean;
  record: Record<string, unknown>;
};

function toPlanned(row: Row, workspaceId: string): PlannedBack {
  const decision = takeBack(toChange(row));
  const action = decision.kind === 'nothing' ? null : decision.kind === 'leave' ? 'SKIP' : decision.action;
  const givesValues = action !== null && ['CREATE', 'UPDATE', 'REACTIVATE', 'DEACTIVATE'].includes(action);
  const values = givesValues && row.before !== null ? readValues(row.before) : null;
  const reason = decision.kind === 'leave' ? decision.reason : decision.kind === 'change' ? takenBack : null;
  return {
    position: Number(row.position),
    action,
    contactId: row.contact_id,
    connectionId: row.connection_id,
    values,
    reason,
    inParts: decision.kind === 'leave' && decision.inParts,
    record: {
      action,
      person: row.person ?? '',
      person_id: row.person_id,
      contact_id: row.contact_id,
      contact_version: row.version,
      contact_name: values?.DISPLAY_NAME ?? row.name,
      code: decision.kind === 'leave' ? decision.code : null,
      reason,
      after: values,
      manager_ref: row.manager_ref,
      fills_id: row.fills_id,
      ...(values === null ? {} : keysOf(values, workspaceId)),
    },
  };
}

/** The keys by which a contact with these values is found, as members of such a record. */
export function keysOf(values: ContactValues, workspaceId: string) {
  const { emailKey, nameKey, companyKey, words, search } = indexed(values, workspaceId);
  return {
    email_key: emailKey,
    name_key: nameKey,
    company_key: companyKey,
    words: wordsText(words),
    search: keysText(search),
  };
}

function toChange(row: Row): MadeChange {
  return {
    firstAction: row.first_action,
    lastAction: row.last_action,
    statusBefore: row.status_before,
    contact:
      row.status === null ? null : { status: row.status, asLeft: row.as_left === true, fedByOthers: row.fed_by_others },
    changedNothing: row.changed_nothing,
    newest: row.newest_action === null ? null : { action: row.newest_action, by: row.newest_by ?? '' },
  };
}

/** SQL: the columns of such a record, to be read from JSON. */
export const plannedRecord = `position bigint, action text, person text, person_id text, contact_id uuid, contact_version int,
  contact_name text, code text, reason text, after contact_values, manager_ref uuid, fills_id uuid, email_key text, name_key text,
  company_key text, words text, search tsvector`;

const columns = fieldValues('planned.after');

/** SQL: the columns of a row of a plan that such records give, and their values from a record named `planned`. */
export const plannedColumns = {
  names: `position, action, person, person_id, contact_id, contact_version, contact_name, code, reason, manager_ref, fills_id, email_key, name_key,
    company_key, words, search, ${columns.map(({ column }) => column).join(', ')}, before`,
  values: `planned.position, planned.action, planned.person, planned.person_id, planned.contact_id, planned.contact_version,
    planned.contact_name, planned.code, planned.reason, planned.manager_ref, planned.fills_id, planned.email_key, planned.name_key, planned.company_key,
    planned.words, planned.search, ${columns.map(({ column, value }) => `${value} AS ${column}`).join(', ')},
    (SELECT ${valuesOf('contact')} FROM contact WHERE contact.workspace_id = $1 AND contact.id = planned.contact_id) AS before`,
};
