import { columnsOf, fieldColumns } from '../contact-columns.ts';
import { due, inStretch, params, type Range } from './range.ts';

/** What a change has from its row of the plan. */
const planned = `workspace_id, change_set, position, at, action, stays, outcome, code, reason, person, person_id, contact_id,
  contact_name, ${fieldColumns}`;
const fromPlan = ({
  attempt,
}: Range): string => `change.workspace_id, change.run_id, change.position + ${attempt.base}, clock.now, change.action, change.stays, change.outcome, change.code,
  change.reason, change.person, change.person_id, change.contact_id, change.contact_name, ${columnsOf('change')}`;

const clock = '(SELECT clock_timestamp()::timestamptz(3) AS now) AS clock';

/** Of new contacts: what they hold, and their link. */
export const writeCreations = async (range: Range): Promise<void> => {
  await range.client.query(
    `INSERT INTO contact_change (${planned}, connection_id, fills_id, contact_version, status)
     SELECT ${fromPlan(range)}, $5, change.fills_id, 1, 'ACTIVE'
     FROM ${range.attempt.plan} AS change, ${clock} WHERE ${due(`'CREATE'`)} ORDER BY change.position`,
    [...params(range), range.attempt.connectionId],
  );
};

/** How a change leaves a contact: SQL of each column, over `change`, `contact`, `own` (its link) and `clock`. */
export type After = {
  version: string;
  status: string;
  portalAccessBefore: string;
  removalDueAt: string;
  fillsId: string;
  goneSince: string;
};

export type PlannedChange = {
  /** Of rows of the stretch, as `change`. */
  condition: string;
  after: After;
  /** Which links of the contact the change alters or takes away. */
  links: 'own' | 'all';
  /** What `after` looks at besides, as `, LATERAL (...) AS name`; its parameters begin with $6. */
  besides?: { sql: string; params: unknown[] };
};

/**
 * Writes what is about to become of contacts that exist and are locked. It is written first, and then carried out: so what is
 * there now is what the history tells of "before". The connection's link is compared as text, so that it is looked up by contact:
 * of a connection without statistics the planner would go through all links instead, for each contact.
 */
export const writeChanges = async (
  range: Range,
  { condition, after, links, besides }: PlannedChange,
): Promise<void> => {
  const taken = links === 'own' ? ownLink : allLinks;
  await range.client.query(
    `INSERT INTO contact_change (${planned}, connection_id, contact_version, status, locked_fields, portal_access_before,
       removal_due_at, fills_id, gone_since, before, state_before, links_before)
     SELECT ${fromPlan(range)}, $5, ${after.version}, ${after.status}, contact.locked_fields, ${after.portalAccessBefore},
       ${after.removalDueAt}, ${after.fillsId}, ${after.goneSince}, change.before,
       ROW(contact.status, contact.locked_fields, contact.portal_access_before, contact.removal_due_at)::contact_state, ${taken}
     FROM ${range.attempt.plan} AS change
     JOIN contact ON contact.workspace_id = change.workspace_id AND contact.id = change.contact_id
     LEFT JOIN contact_link AS own ON own.workspace_id = contact.workspace_id AND own.contact_id = contact.id
       AND own.connection_id::text = $5::uuid::text
     CROSS JOIN ${clock} ${besides?.sql ?? ''}
     WHERE ${condition} ORDER BY change.position`,
    [...params(range), range.attempt.connectionId, ...(besides?.params ?? [])],
  );
};

const linkState = (link: string): string =>
  `ROW(${link}.connection_id, ${link}.external_id, ${link}.contact_id, ${link}.person, ${link}.fills_id, ${link}.linked_at,
     ${link}.last_seen_at, ${link}.gone_since)::contact_link_state`;
const ownLink = `CASE WHEN own.contact_id IS NOT NULL THEN ARRAY[${linkState('own')}] END`;
const allLinks = `(
  SELECT array_agg(${linkState('link')} ORDER BY link.connection_id) FROM contact_link AS link
  WHERE link.workspace_id = contact.workspace_id AND link.contact_id = contact.id)`;

/**
 * What else is shown of the stretch: people who were left alone, and absences of which nothing is noted. Looked up row by row
 * where it may be told already, which a condition of its own would make a join: a planner without statistics goes through all
 * that is told for each.
 */
export const writeRest = async (range: Range): Promise<void> => {
  await range.client.query(
    `INSERT INTO contact_change (${planned}, before)
     SELECT ${fromPlan(range)}, change.before FROM ${range.attempt.plan} AS change, ${clock}
     WHERE ${inStretch} AND (change.action = 'SKIP' OR change.outcome IS NOT NULL
       OR change.stays <> 'AS_BEFORE' AND NOT EXISTS (
         SELECT FROM contact_change AS told WHERE told.workspace_id = change.workspace_id AND told.change_set = change.run_id
           AND told.position = change.position + ${range.attempt.base}))
     ORDER BY change.position`,
    params(range),
  );
};

/** Ends what the stretch has in the plan, once the history tells it. */
export const dropPlanRows = async (range: Range): Promise<void> => {
  await range.client.query(`DELETE FROM ${range.attempt.plan} AS change WHERE ${inStretch}`, params(range));
};
