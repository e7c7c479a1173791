import type { Pool } from 'pg';
import type { Photo } from '../../core/photo.ts';
import { isUuid } from '../../core/uuid.ts';
import { inTransaction } from '../in-transaction.ts';
import { poolQuery, type Query } from '../query.ts';
import { tellChanged } from './change-contact.ts';

/**
 * SQL: the columns of the photo that is shown with a contact, whose id is given as SQL. A photo is shown while its connection
 * fetches photos and links the person to the contact. $1: workspace. The connection's id is compared as text, so that the planner
 * looks up links by contact. Without statistics it would read all links of the workspace.
 */
function shownPhoto(columns: string, contactId: string): string {
  return `SELECT ${columns} FROM contact_photo AS photo
    JOIN contact_link AS link ON link.workspace_id = photo.workspace_id AND link.contact_id = photo.contact_id
      AND link.connection_id::text = photo.connection_id::text AND link.external_id = photo.external_id
    JOIN connection ON connection.workspace_id = photo.workspace_id AND connection.id = photo.connection_id
      AND connection.photo
    WHERE photo.workspace_id = $1 AND photo.contact_id = ${contactId}
    ORDER BY link.gone_since IS NOT NULL, connection.priority, connection.created_at, connection.id LIMIT 1`;
}

/** The hashes of these contacts' photos, by contact id. Contacts without one are left out. */
export async function photoHashesOf(
  query: Query,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<Map<string, string>> {
  const rows = await query<{ contact_id: string; hash: string }>(
    `SELECT wanted.id AS contact_id, shown.hash FROM unnest($2::uuid[]) AS wanted (id)
     CROSS JOIN LATERAL (${shownPhoto("encode(photo.hash, 'hex') AS hash", 'wanted.id')}) AS shown`,
    [workspaceId, contactIds.filter(isUuid)],
  );
  return new Map(rows.map(({ contact_id, hash }) => [contact_id, hash]));
}

/** A contact's photo. Null: there is none, or no such contact. */
export async function photoOf(query: Query, workspaceId: string, contactId: string): Promise<Photo | null> {
  if (!isUuid(contactId)) return null;
  const [photo = null] = await query<Photo>(
    shownPhoto("photo.type, encode(photo.hash, 'hex') AS hash, photo.bytes", '$2'),
    [workspaceId, contactId],
  );
  return photo;
}

/** How many photos are deleted in one transaction. */
const droppedAtOnce = 500;

/**
 * Deletes the photos that are not shown any more: those of connections that no longer fetch photos, and of people who
 * are no longer linked to the contact. The change feed reports their contacts. Any number of processes may do this at
 * once.
 */
export async function dropUnwantedPhotos(pool: Pool): Promise<void> {
  for (let dropped = droppedAtOnce; dropped === droppedAtOnce; )
    dropped = await inTransaction(pool, async (client) => {
      const { rows } = await client.query<{ workspace_id: string; contact_id: string }>(
        `DELETE FROM contact_photo AS unwanted USING (
           SELECT photo.ctid FROM contact_photo AS photo
           WHERE NOT EXISTS (SELECT FROM connection WHERE connection.workspace_id = photo.workspace_id
               AND connection.id = photo.connection_id AND connection.photo)
             OR NOT EXISTS (SELECT FROM contact_link AS link WHERE link.workspace_id = photo.workspace_id
               AND link.connection_id = photo.connection_id AND link.external_id = photo.external_id
               AND link.contact_id = photo.contact_id)
           LIMIT ${droppedAtOnce} FOR UPDATE SKIP LOCKED) AS one
         WHERE unwanted.ctid = one.ctid
         RETURNING unwanted.workspace_id, unwanted.contact_id`,
      );
      for (const [workspaceId, some] of Map.groupBy(rows, ({ workspace_id }) => workspace_id))
        await tellChanged(
          poolQuery(client),
          workspaceId,
          some.map(({ contact_id }) => contact_id),
        );
      return rows.length;
    });
}
