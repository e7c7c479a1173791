import { createContacts, deleteContacts, giveValues, lookAgain, noteRemoval } from './change-contact.ts';
import { type HistoryPart, originOf } from './made-changes.ts';
import { type Birth, type ChangeRows, type ChangeSet, connectionOf, paramsOf } from './write-history.ts';

/** SQL: the row of the part's history about the contact of `planned`, the first or the last, looked up by contact. `p`: the number of its set's parameter. */
function historyRow(order: 'ASC' | 'DESC', p: number): string {
  return `(
    SELECT made.action, made.connection_id, made.state_before, made.links_before FROM contact_change AS made
    WHERE made.workspace_id = planned.workspace_id AND made.contact_id = planned.contact_id AND made.change_set::text = $${p}::uuid::text
      AND made.position + 0 BETWEEN $${p + 1} AND $${p + 2} AND made.outcome IS NULL AND made.action <> 'SKIP'
    ORDER BY made.position + 0 ${order} LIMIT 1)`;
}

/**
 * Rows that revert changes, with the state and the links that the contact had before. `planned`: SQL, a table or a
 * query with rows of a plan. Its parameters come first; $1 is the workspace.
 */
export function rowsBack(
  planned: string,
  params: readonly unknown[],
  { changeSet, first, last }: Omit<HistoryPart, 'workspaceId'>,
): Pick<ChangeRows, 'from' | 'params'> {
  const p = params.length + 1;
  return {
    from: `(
      SELECT planned.*, (before.state_before).status, (before.state_before).locked_fields, (before.state_before).portal_access_before,
        (before.state_before).removal_due_at, (before.state_before).created_at, (before.state_before).person_key,
        (ending.state_before).version + 1 AS next_version, own.gone_since,
        CASE ending.action WHEN 'DELETE' THEN ending.links_before ELSE before.links_before END AS links,
        CASE WHEN planned.action <> 'DELETE' THEN ${originOf('planned.contact_id', '(before.state_before).version')} END AS same_as
      FROM ${planned} AS planned
      CROSS JOIN LATERAL ${historyRow('ASC', p)} AS before
      CROSS JOIN LATERAL ${historyRow('DESC', p)} AS ending
      LEFT JOIN LATERAL unnest(before.links_before) AS own ON own.connection_id = before.connection_id)`,
    params: [...params, changeSet, first, last],
  };
}

const asItWas = {
  version: 'contact.version + 1',
  status: 'change.status',
  lockedFields: 'change.locked_fields',
  portalAccessBefore: 'change.portal_access_before',
  removalDueAt: 'change.removal_due_at',
  fillsId: 'change.fills_id',
  goneSince: 'change.gone_since',
  sameAs: 'change.same_as',
};

const bornAgain: Birth = {
  version: 'change.next_version',
  status: 'change.status',
  lockedFields: 'change.locked_fields',
  portalAccessBefore: 'change.portal_access_before',
  removalDueAt: 'change.removal_due_at',
  createdAt: 'change.created_at',
  sameAs: 'change.same_as',
};

const straightAway = {
  history: (work: () => Promise<void>) => work(),
  contacts: (work: () => Promise<void>) => work(),
};

/**
 * Reverts changes: contacts get their earlier state, with the links that the set's connection had to them. A deleted
 * contact comes back with all its links; the next run fetches its photos. `rowsOf`: the rows (see `rowsBack`) with
 * these actions. The contacts that exist are locked.
 */
export async function takeChangesBack(set: ChangeSet, rowsOf: (actions: string) => ChangeRows): Promise<void> {
  await deleteContacts(set, rowsOf(`'DELETE'`));
  const given = rowsOf(`'UPDATE', 'REACTIVATE', 'DEACTIVATE'`);
  await giveValues(set, given, () => restoreLinks(set, given), asItWas);
  const noted = rowsOf(`'NONE'`);
  const { removalDueAt, goneSince, sameAs } = asItWas;
  await noteRemoval(set, noted, { removalDueAt, goneSince, sameAs });
  await restoreLinks(set, noted);
  const created = rowsOf(`'CREATE'`);
  await endMerges(set, created);
  await createContacts(set, created, {
    born: bornAgain,
    personKey: () => 'change.person_key',
    writeLinks: () => insertLinks(set, created, 'true'),
    turns: straightAway,
  });
}

/** Contacts that were dropped by a merge exist again. The contacts that were kept give back their history and their person. */
async function endMerges({ client }: ChangeSet, rows: ChangeRows): Promise<void> {
  await client.query(
    `WITH ended AS (
       DELETE FROM merged_contact AS merged USING ${rows.from} AS change
       WHERE ${rows.where} AND merged.workspace_id = change.workspace_id AND merged.dropped_id = change.contact_id
       RETURNING merged.workspace_id, merged.kept_id, change.person_key)
     UPDATE contact SET person_key = NULL FROM ended
     WHERE contact.workspace_id = ended.workspace_id AND contact.id = ended.kept_id AND contact.person_key = ended.person_key`,
    [...rows.params],
  );
}

/**
 * Restores the links that the set's connection had to existing contacts. The next run checks them again. Connections
 * are compared as text, so that the planner looks links up by contact.
 */
export async function restoreLinks(set: ChangeSet, rows: ChangeRows): Promise<void> {
  const connectionId = connectionOf(set);
  if (connectionId === null) return;
  const { params, put } = paramsOf(rows);
  const connection = `${put(connectionId)}::uuid`;
  const own = `link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id AND link.connection_id::text = ${connection}::text`;
  const former = `unnest(change.links) AS former`;
  await set.client.query(
    `DELETE FROM contact_link AS link USING ${rows.from} AS change
     WHERE ${rows.where} AND ${own} AND NOT EXISTS (
       SELECT FROM ${former} WHERE former.connection_id = link.connection_id AND former.external_id = link.external_id)`,
    params,
  );
  await set.client.query(
    `UPDATE contact_link AS link SET person = former.person, fills_id = former.fills_id, person_ref = former.person_ref,
       linked_at = former.linked_at, last_seen_at = former.last_seen_at, gone_since = former.gone_since, ${lookAgain}
     FROM ${rows.from} AS change CROSS JOIN LATERAL ${former}
     WHERE ${rows.where} AND ${own} AND former.connection_id = link.connection_id`,
    params,
  );
  await insertLinks(set, rows, `former.connection_id = '${connectionId}'`);
}

/** Inserts the former links that the contacts lack. A link of a deleted connection is left out. */
async function insertLinks(set: ChangeSet, rows: ChangeRows, which: string): Promise<void> {
  await set.client.query(
    `INSERT INTO contact_link (workspace_id, connection_id, external_id, contact_id, person, fills_id, person_ref, linked_at,
       last_seen_at, gone_since, photo_due)
     SELECT change.workspace_id, former.connection_id, former.external_id, change.contact_id, former.person, former.fills_id,
       former.person_ref, former.linked_at, former.last_seen_at, former.gone_since, connection.photo
     FROM ${rows.from} AS change
     CROSS JOIN LATERAL unnest(change.links) AS former
     JOIN connection ON connection.workspace_id = change.workspace_id AND connection.id = former.connection_id
     WHERE ${rows.where} AND ${which} AND NOT EXISTS (
       SELECT FROM contact_link AS link
       WHERE link.workspace_id = change.workspace_id AND link.contact_id = change.contact_id
         AND link.connection_id::text = former.connection_id::text)`,
    [...rows.params],
  );
}

/**
 * SQL: whether the person of the contact of `change` has another contact now: by a link that it needs back, or by the
 * key of a contact without an address. `connection`: SQL, the set's connection.
 */
export function isClaimed(connection: string): string {
  return `(EXISTS (
    SELECT FROM unnest(change.links) AS former
    JOIN contact_link AS link ON link.workspace_id = change.workspace_id AND link.connection_id = former.connection_id
      AND link.external_id = former.external_id
    WHERE link.contact_id <> change.contact_id AND (change.action = 'CREATE' OR former.connection_id = ${connection}))
    OR change.action = 'CREATE' AND EXISTS (
      SELECT FROM contact AS other
      WHERE other.workspace_id = change.workspace_id AND other.person_key = change.person_key AND NOT EXISTS (
        SELECT FROM merged_contact AS merged
        WHERE merged.workspace_id = other.workspace_id AND merged.dropped_id = change.contact_id AND merged.kept_id = other.id)))`;
}

/**
 * Remembers that this set has reverted what runs of its connection did, so that no run repeats it without approval. The
 * next run reads everybody.
 */
export async function rememberTakenBack({ client, workspaceId, id }: ChangeSet, connectionId: string): Promise<void> {
  await client.query(
    `UPDATE connection SET read_cursor = NULL
     WHERE connection.workspace_id = $1 AND connection.id = $2 AND connection.read_cursor IS NOT NULL`,
    [workspaceId, connectionId],
  );
  await client.query(
    `INSERT INTO taken_back (workspace_id, connection_id, change_set, settings)
     SELECT connection.workspace_id, connection.id, $3, ${settingsDigest} FROM connection
     WHERE connection.workspace_id = $1 AND connection.id = $2 ON CONFLICT DO NOTHING`,
    [workspaceId, connectionId, id],
  );
}

/** SQL: a digest of the settings that decide what a run of the `connection` does. */
export const settingsDigest = `md5(jsonb_build_array(connection.kind, connection.source, connection.scope, connection.mappings,
  connection.removal, connection.match_by, connection.priority)::text)`;
