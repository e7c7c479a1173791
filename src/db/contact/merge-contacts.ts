import type { Actor } from '../../core/access.ts';
import type { ContactEdit, EditableContact, MergedContacts } from '../../core/contact-edit.ts';
import type { ContactRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Transaction } from '../api-transaction.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { byPerson, deleteContacts, giveValues, lookAgain } from './change-contact.ts';
import {
  actionOf,
  changeSet,
  deletionOf,
  holderOf,
  lockContact,
  orTaken,
  rowOf,
  saved,
  tellSet,
} from './edit-contact.ts';

/** See WorkspaceStore.mergeContacts. */
export async function mergeContacts(
  scope: WorkspaceScope,
  keepId: string,
  dropId: string,
  merge: (keep: EditableContact, drop: EditableContact) => ContactEdit,
  by: Actor,
): Promise<MergedContacts<ContactRecord> | null> {
  if (!isUuid(keepId) || !isUuid(dropId)) return null;
  let wanted: ContactEdit | null = null;
  return orTaken(
    scope,
    () => wanted,
    async (transaction) => {
      const both = await lockBoth(transaction, keepId, dropId);
      if (both === null) return null;
      const { keep, drop } = both;
      const connectionName = await sharedConnection(transaction, keepId, dropId);
      if (connectionName !== null) return { kind: 'fedTwice', connectionName };
      const edit = merge(keep, drop);
      wanted = edit;
      const taken = await holderOf(transaction, [keepId, dropId], edit);
      if (taken !== null) return taken;
      const set = changeSet(transaction, by);
      const moved = await readLinks(transaction, keepId, dropId);
      await movePhotos(transaction, keepId, dropId);
      const personKey = await personKeyOf(transaction, dropId);
      await deleteContacts(set, deletionOf(transaction, [dropId], `merged with ${keepId}`));
      const reason = `merged with ${drop.values.DISPLAY_NAME ?? ''} (${dropId})`;
      // A connection that feeds the other contact calls off a removal, as its next run would.
      const isFed = moved.some(({ gone_since }) => gone_since === null);
      await giveValues(
        set,
        rowOf(transaction, keepId, edit, actionOf(keep, edit), { position: 2, reason }),
        async () => {},
        isFed ? { ...byPerson, removalDueAt: 'NULL' } : byPerson,
      );
      await writeLinks(transaction, keepId, moved);
      await givePersonKey(transaction, keepId, personKey);
      await rememberMerge(transaction, keepId, dropId);
      await tellSet(set, 2);
      return saved(transaction, keepId);
    },
  );
}

/** Locks the contacts in order of id, like all other code. */
async function lockBoth(
  transaction: Transaction,
  keepId: string,
  dropId: string,
): Promise<{ keep: EditableContact; drop: EditableContact } | null> {
  const found = new Map<string, EditableContact>();
  for (const id of [keepId.toLowerCase(), dropId.toLowerCase()].sort()) {
    const contact = await lockContact(transaction, id);
    if (contact === null) return null;
    found.set(id, contact);
  }
  const [keep, drop] = [found.get(keepId.toLowerCase()), found.get(dropId.toLowerCase())];
  return keep === undefined || drop === undefined ? null : { keep, drop };
}

/** The name of a connection that finds the two contacts to be two people now. */
async function sharedConnection({ query, workspaceId }: Transaction, ...ids: string[]): Promise<string | null> {
  const [row] = await query<{ name: string }>(
    `SELECT connection.name FROM contact_link
     JOIN connection ON connection.workspace_id = contact_link.workspace_id AND connection.id = contact_link.connection_id
     WHERE contact_link.workspace_id = $1 AND contact_link.contact_id = ANY($2::uuid[]) AND contact_link.gone_since IS NULL
     GROUP BY connection.id, connection.name HAVING count(*) > 1 LIMIT 1`,
    [workspaceId, ids],
  );
  return row?.name ?? null;
}

type Link = Record<string, unknown>;

/**
 * The links of the contact that will be deleted. If one connection links both contacts, only one of the links still has
 * its person; the other link is dropped.
 */
async function readLinks({ query, workspaceId }: Transaction, keepId: string, dropId: string): Promise<Link[]> {
  const key = [workspaceId, keepId, dropId];
  await query(
    `DELETE FROM contact_link AS link USING contact_link AS other
     WHERE link.workspace_id = $1 AND link.contact_id = $2 AND link.gone_since IS NOT NULL
       AND other.workspace_id = $1 AND other.contact_id = $3 AND other.connection_id = link.connection_id`,
    key,
  );
  const rows = await query<{ link: Link }>(
    `SELECT to_jsonb(link) AS link FROM contact_link AS link
     WHERE link.workspace_id = $1 AND link.contact_id = $3 AND NOT EXISTS (
       SELECT FROM contact_link AS own
       WHERE own.workspace_id = $1 AND own.contact_id = $2 AND own.connection_id = link.connection_id)`,
    key,
  );
  return rows.map(({ link }) => link);
}

/** Writes the links for the contact that stays. Every connection that feeds it checks it again. */
async function writeLinks({ query, workspaceId }: Transaction, keepId: string, links: readonly Link[]): Promise<void> {
  await query(
    `INSERT INTO contact_link SELECT (jsonb_populate_record(NULL::contact_link, link || jsonb_build_object('contact_id', $1::uuid))).*
     FROM jsonb_array_elements($2::jsonb) AS link`,
    [keepId, JSON.stringify(links)],
  );
  await query(
    `UPDATE contact_link AS link SET ${lookAgain} WHERE link.workspace_id = $1 AND link.contact_id = $2::uuid`,
    [workspaceId, keepId],
  );
}

/** Moves the photos together with the links. */
async function movePhotos({ query, workspaceId }: Transaction, keepId: string, dropId: string): Promise<void> {
  await query(
    `UPDATE contact_photo AS photo SET contact_id = $2
     WHERE photo.workspace_id = $1 AND photo.contact_id = $3 AND NOT EXISTS (
       SELECT FROM contact_photo AS own
       WHERE own.workspace_id = $1 AND own.contact_id = $2 AND own.connection_id = photo.connection_id)`,
    [workspaceId, keepId, dropId],
  );
}

/** The id by which a connection finds the person of a contact that has no address. Null: it is not needed. */
async function personKeyOf({ query, workspaceId }: Transaction, id: string): Promise<string | null> {
  const [row] = await query<{ person_key: string | null }>(
    'SELECT contact.person_key FROM contact WHERE contact.workspace_id = $1 AND contact.id = $2',
    [workspaceId, id],
  );
  return row?.person_key ?? null;
}

/** The contact keeps its own key if it has one. */
async function givePersonKey({ query, workspaceId }: Transaction, id: string, key: string | null): Promise<void> {
  if (key === null) return;
  await query(
    'UPDATE contact SET person_key = $3 WHERE contact.workspace_id = $1 AND contact.id = $2 AND contact.person_key IS NULL',
    [workspaceId, id, key],
  );
}

/** Adds the history of the other contact to that of the contact that stays. */
async function rememberMerge({ query, workspaceId }: Transaction, keepId: string, dropId: string): Promise<void> {
  const key = [workspaceId, keepId, dropId];
  await query('UPDATE merged_contact SET kept_id = $2 WHERE workspace_id = $1 AND kept_id = $3', key);
  await query('INSERT INTO merged_contact (workspace_id, kept_id, dropped_id) VALUES ($1, $2, $3)', key);
}
