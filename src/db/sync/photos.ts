import type { PoolClient } from 'pg';
import type { NewLogLine } from '../../core/run.ts';
import type { AskedPhoto, PhotoAnswer } from '../../core/sync-store.ts';
import { tellChanged } from '../contact/change-contact.ts';
import { byKey } from '../planner-hints.ts';
import { poolQuery } from '../query.ts';
import { type Attempt, fenced } from './attempt.ts';
import { reportIn } from './report.ts';

/** SQL: the connection's people whose photo must be looked up. $1: workspace, $2: connection. */
const due = 'link.workspace_id = $1 AND link.connection_id = $2 AND link.photo_due AND link.gone_since IS NULL';

export async function countPhotosDue({ patience, workspaceId, connectionId }: Attempt): Promise<number> {
  const { rows } = await patience.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM contact_link AS link WHERE ${due}`,
    [workspaceId, connectionId],
  );
  return rows[0]?.count ?? 0;
}

type Row = { id: string; name: string; contact_id: string; hash: string | null };

/** The LIMIT makes the planner look up one photo after another. It would read all of the connection's, once per person. */
export async function photosDue(
  { patience, workspaceId, connectionId }: Attempt,
  afterId: string,
  limit: number,
): Promise<AskedPhoto[]> {
  const { rows } = await patience.query<Row>(
    `SELECT link.external_id AS id, link.person AS name, link.contact_id, encode(photo.hash, 'hex') AS hash
     FROM contact_link AS link
     LEFT JOIN LATERAL (
       SELECT stored.hash FROM contact_photo AS stored
       WHERE stored.workspace_id = link.workspace_id AND stored.contact_id = link.contact_id
         AND stored.connection_id = link.connection_id AND stored.external_id = link.external_id LIMIT 1) AS photo ON true
     WHERE ${due} AND link.external_id > $3 ORDER BY link.external_id LIMIT $4`,
    [workspaceId, connectionId, afterId, limit],
  );
  return rows.map(({ contact_id: contactId, ...row }) => ({ ...row, contactId }));
}

/** Stores what was found in one transaction with the lines. People whose link has changed meanwhile stay due. */
export async function savePhotos(
  attempt: Attempt,
  answers: readonly PhotoAnswer[],
  lines: readonly NewLogLine[],
): Promise<void> {
  await fenced(attempt, async (client) => {
    // A crash of the database may lose the latest photos. Those people are still due then.
    await client.query(`SET LOCAL synchronous_commit = off; ${byKey}`);
    const changed = [...(await storeNew(client, attempt, answers)), ...(await deleteOld(client, attempt, answers))];
    await tellChanged(poolQuery(client), attempt.workspaceId, changed);
    const settled = answers.filter(({ found }) => found.kind !== 'later');
    // The list of contacts makes the planner look up links by contact. Without statistics it would read all of the connection's.
    await client.query(
      `UPDATE contact_link AS link SET photo_due = false
       WHERE link.workspace_id = $1 AND link.contact_id = ANY($4::uuid[]) AND link.connection_id::text = $2
         AND (link.external_id, link.contact_id) IN (SELECT * FROM unnest($3::text[], $4::uuid[]))`,
      [attempt.workspaceId, attempt.connectionId, settled.map(({ id }) => id), contactsOf(settled)],
    );
    await reportIn(client, attempt, { lines });
  });
}

function contactsOf(answers: readonly PhotoAnswer[]): string[] {
  return answers.map(({ contactId }) => contactId);
}

/** Returns the contacts. Those that have been deleted meanwhile, or passed to somebody else, are left out. */
async function storeNew(
  client: PoolClient,
  { workspaceId, connectionId }: Attempt,
  answers: readonly PhotoAnswer[],
): Promise<string[]> {
  const photos = answers.flatMap(({ id, contactId, found }) =>
    found.kind === 'photo' ? [{ id, contactId, ...found.photo }] : [],
  );
  if (photos.length === 0) return [];
  const { rows } = await client.query<{ contact_id: string }>(
    `INSERT INTO contact_photo (workspace_id, contact_id, connection_id, external_id, hash, type, bytes)
     SELECT link.workspace_id, link.contact_id, link.connection_id, link.external_id, decode(photo.hash, 'hex'), photo.type, photo.bytes
     FROM unnest($3::text[], $4::uuid[], $5::text[], $6::text[], $7::bytea[]) AS photo (external_id, contact_id, hash, type, bytes)
     CROSS JOIN LATERAL (
       SELECT known.* FROM contact_link AS known
       WHERE known.workspace_id = $1 AND known.contact_id = photo.contact_id AND known.connection_id = $2
         AND known.external_id = photo.external_id LIMIT 1) AS link
     ON CONFLICT (workspace_id, contact_id, connection_id) DO UPDATE
     SET external_id = excluded.external_id, hash = excluded.hash, type = excluded.type, bytes = excluded.bytes
     RETURNING contact_id`,
    [
      workspaceId,
      connectionId,
      photos.map(({ id }) => id),
      photos.map(({ contactId }) => contactId),
      photos.map(({ hash }) => hash),
      photos.map(({ type }) => type),
      photos.map(({ bytes }) => Buffer.from(bytes)),
    ],
  );
  return rows.map(({ contact_id }) => contact_id);
}

/** Deletes photos that the source no longer has, or that can't be used any more. Returns their contacts. */
async function deleteOld(
  client: PoolClient,
  { workspaceId, connectionId }: Attempt,
  answers: readonly PhotoAnswer[],
): Promise<string[]> {
  const without = answers.filter(({ found }) => found.kind === 'none' || found.kind === 'unusable');
  if (without.length === 0) return [];
  const { rows } = await client.query<{ contact_id: string }>(
    `DELETE FROM contact_photo WHERE workspace_id = $1 AND connection_id = $2 AND contact_id = ANY($3::uuid[])
     RETURNING contact_id`,
    [workspaceId, connectionId, contactsOf(without)],
  );
  return rows.map(({ contact_id }) => contact_id);
}
