import { ContactField, type ContactValues, fieldKey, isFlagField, isLabeledField } from '../../core/contact.ts';
import { planPositions } from '../../core/sync-store.ts';
import type { FieldImpact, LinkedPerson, PlannedPerson } from '../../core/trial.ts';
import { columnOf, readValues, valuesOf } from '../contact/contact-columns.ts';
import { type Attempt, key, transaction } from './attempt.ts';
import { findFills } from './fills.ts';

/* Questions about the plan of a trial, which is in the temporary tables of its session. */

/** Copies the mapped values, because planning replaces them with the merged ones. */
export async function keepMapped({ patience }: Attempt): Promise<void> {
  await patience.query(`
    CREATE TEMP TABLE trial_mapped AS
    SELECT person_id, fills_id, ${valuesOf('plan_row')} AS mapped FROM plan_row
    WHERE person_id IS NOT NULL AND action IS DISTINCT FROM 'SKIP'`);
  await patience.query('CREATE INDEX trial_mapped_by_person ON trial_mapped (person_id)');
}

type Row = Omit<PlannedPerson, 'personId' | 'contactId' | 'contactName' | 'before' | 'after' | 'mapped'> & {
  person_id: string | null;
  contact_id: string | null;
  contact_name: string | null;
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  mapped: Record<string, unknown> | null;
  fills_id: string | null;
};

const selected = `
  SELECT change.person_id, change.person, change.action, change.stays, change.reason, change.remark,
    CASE WHEN change.action <> 'CREATE' THEN change.contact_id END AS contact_id, change.contact_name,
    CASE WHEN change.action NOT IN ('SKIP', 'NONE') THEN to_jsonb(change.before) END AS before,
    CASE WHEN change.action NOT IN ('SKIP', 'NONE') AND change.display_name IS NOT NULL
      THEN to_jsonb(${valuesOf('change')}) END AS after,
    to_jsonb(drafted.mapped) AS mapped, drafted.fills_id
  FROM plan_row AS change
  LEFT JOIN LATERAL (
    SELECT trial_mapped.mapped, trial_mapped.fills_id FROM trial_mapped
    WHERE trial_mapped.person_id = change.person_id LIMIT 1) AS drafted ON true
  WHERE change.workspace_id = $1 AND change.run_id = $2`;

/** See Trial. Somebody who is present goes before a row about the same person who was gone. */
export function plannedFor(attempt: Attempt, personIds: readonly string[]): Promise<PlannedPerson[]> {
  return read(
    attempt,
    `SELECT DISTINCT ON (person_id) found.* FROM (${selected} AND change.person_id = ANY($3::text[])
       ORDER BY change.person_id, change.position DESC) AS found`,
    [personIds],
  );
}

/** See Trial. */
export function examples(attempt: Attempt, each: number): Promise<PlannedPerson[]> {
  const some = (condition: string): string => `(${selected} AND ${condition} ORDER BY change.position LIMIT $3)`;
  return read(
    attempt,
    [
      some(`change.position < ${planPositions.handovers} AND (change.action <> 'NONE' OR change.stays = 'NEWLY_GONE')`),
      some(`change.action IN ('CREATE', 'LINK', 'REACTIVATE')`),
      some(`change.action = 'UPDATE'`),
    ].join(' UNION ALL '),
    [each],
  );
}

function read(attempt: Attempt, sql: string, params: unknown[]): Promise<PlannedPerson[]> {
  return transaction(attempt, async (client) => {
    const { rows } = await client.query<Row>(sql, [...key(attempt), ...params]);
    const ids = rows.map(({ fills_id }) => fills_id);
    const fillsOf = await findFills(client, attempt, ids);
    return rows.map(({ person_id, contact_id, contact_name, before, after, mapped, fills_id, ...row }) => ({
      ...row,
      personId: person_id,
      contactId: contact_id,
      contactName: contact_name,
      before: valuesIn(before),
      after: valuesIn(after),
      mapped: mapped === null ? null : { values: readValues(mapped), fills: fillsOf(fills_id) },
    }));
  });
}

function valuesIn(composite: Record<string, unknown> | null): ContactValues | null {
  return composite === null ? null : readValues(composite);
}

const single = Object.values(ContactField).filter((field) => !isLabeledField(field));
const labeled = Object.values(ContactField).filter(isLabeledField);

/** Counts, for the contacts that are updated, each field and each label that changes. Reads the plan once. */
export async function fieldImpacts(attempt: Attempt): Promise<FieldImpact[]> {
  const { rows } = await attempt.patience.query<{
    field: ContactField;
    label: string | null;
    changed: number;
    emptied: number;
  }>(
    `SELECT part.field, part.label, count(*)::int AS changed, (count(*) FILTER (WHERE part.emptied))::int AS emptied
     FROM plan_row AS change CROSS JOIN LATERAL (
       ${[...single.map(changedField), ...labeled.map(changedLabels)].join(' UNION ALL ')}) AS part
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.action = 'UPDATE'
     GROUP BY part.field, part.label`,
    key(attempt),
  );
  const order = Object.values(ContactField);
  return rows.toSorted(
    (a, b) =>
      order.indexOf(a.field) - order.indexOf(b.field) ||
      (fieldKey(a.field, a.label) < fieldKey(b.field, b.label) ? -1 : 1),
  );
}

function changedField(field: ContactField): string {
  const [before, after] = [`(change.before)."${field}"`, `change."${columnOf(field)}"`];
  const [from, to] = isFlagField(field) ? [`coalesce(${before}, false)`, `coalesce(${after}, false)`] : [before, after];
  const emptied = isFlagField(field) ? 'false' : `${before} IS NOT NULL AND ${after} IS NULL`;
  return `SELECT '${field}' AS field, NULL::text AS label, ${emptied} AS emptied WHERE ${from} IS DISTINCT FROM ${to}`;
}

/** A label changes when it has other values, in whatever order. */
function changedLabels(field: ContactField): string {
  const values = (list: string): string =>
    `SELECT entry->>'label' AS label, array_agg(entry->>'value' ORDER BY entry->>'value') AS list
     FROM json_array_elements(${list}) AS entry GROUP BY 1`;
  return `SELECT '${field}', coalesce(old.label, new.label), new.list IS NULL
    FROM (${values(`(change.before)."${field}"`)}) AS old FULL JOIN (${values(`change."${columnOf(field)}"`)}) AS new
      ON new.label = old.label
    WHERE (change.before)."${field}"::text IS DISTINCT FROM change."${columnOf(field)}"::text AND old.list IS DISTINCT FROM new.list`;
}

type LinkRow = {
  external_id: string;
  person: string;
  gone_since: Date | null;
  id: string;
  display_name: string;
  status: LinkedPerson['contact']['status'];
  removal_due_at: Date | null;
};

/** See Trial. Reads the connection's links once. */
export async function linked(
  { patience, workspaceId, connectionId }: Attempt,
  person: string,
  limit: number,
): Promise<LinkedPerson[]> {
  const { rows } = await patience.query<LinkRow>(
    `SELECT link.external_id, link.person, link.gone_since, contact.id, contact.display_name, contact.status, contact.removal_due_at
     FROM contact_link AS link
     JOIN contact ON contact.workspace_id = link.workspace_id AND contact.id = link.contact_id
     CROSS JOIN LATERAL (SELECT CASE
       WHEN link.external_id = $3 THEN 1
       WHEN lower(link.person) = lower($3) THEN 2
       WHEN contact.email_key = lower($3) THEN 3
       WHEN lower(contact.display_name) = lower($3) THEN 4 END AS rank) AS match
     WHERE link.workspace_id = $1 AND link.connection_id = $2 AND match.rank IS NOT NULL
     ORDER BY match.rank, link.gone_since NULLS FIRST, link.external_id LIMIT $4`,
    [workspaceId, connectionId, person, limit],
  );
  return rows.map((row) => ({
    personId: row.external_id,
    person: row.person,
    goneSince: row.gone_since,
    contact: { id: row.id, name: row.display_name, status: row.status, removalDueAt: row.removal_due_at },
  }));
}
