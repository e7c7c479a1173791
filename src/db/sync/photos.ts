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

export async function photosDue(
  { patience, workspaceId, connectionId }: Attempt,
  afterId: string,
  limit: number,
): Promise<AskedPhoto[]> {
  const { rows } = await patience.query<Row>(
    `SELECT link.external_id AS id, link.person AS name, link.contact_id, encode(photo.hash, 'hex') AS hash
     FROM contact_link AS link
     LEFT JOIN contact_photo AS photo ON photo.workspace_id = link.workspace_id AND photo.contact_id = link.contact_id
       AND photo.connection_id = link.connection_id AND photo.external_id = link.external_id
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
    await client.query(byKey);
    const changed: string[] = [];
    for (const answer of answers) if (await saveOne(client, attempt, answer)) changed.push(answer.contactId);
    await tellChanged(poolQuery(client), attempt.workspaceId, changed);
    const { workspaceId, connectionId } = attempt;
    const settled = answers.filter(({ found }) => found.kind !== 'later');
    await client.query(
      `UPDATE contact_link AS link SET photo_due = false
       FROM unnest($3::text[], $4::uuid[]) AS looked_up (external_id, contact_id)
       WHERE link.workspace_id = $1 AND link.connection_id = $2 AND link.external_id = looked_up.external_id
         AND link.contact_id = looked_up.contact_id`,
      [workspaceId, connectionId, settled.map(({ id }) => id), settled.map(({ contactId }) => contactId)],
    );
    await reportIn(client, attempt, { lines });
  });
}

/** Whether the contact's photo is another one now, or is gone. The contact may have been deleted meanwhile. */
async function saveOne(
  client: PoolClient,
  { workspaceId, connectionId }: Attempt,
  { id, contactId, found }: PhotoAnswer,
): Promise<boolean> {
  if (found.kind === 'same' || found.kind === 'later') return false;
  const key = [workspaceId, contactId, connectionId];
  if (found.kind !== 'photo') {
    const { rowCount } = await client.query(
      'DELETE FROM contact_photo WHERE workspace_id = $1 AND contact_id = $2 AND connection_id = $3',
      key,
    );
    return rowCount === 1;
  }
  const { type, hash, bytes } = found.photo;
  const { rowCount } = await client.query(
    `INSERT INTO contact_photo (workspace_id, contact_id, connection_id, external_id, hash, type, bytes)
     SELECT link.workspace_id, link.contact_id, link.connection_id, link.external_id, decode($5, 'hex'), $6, $7
     FROM contact_link AS link
     WHERE link.workspace_id = $1 AND link.contact_id = $2 AND link.connection_id = $3 AND link.external_id = $4
     ON CONFLICT (workspace_id, contact_id, connection_id) DO UPDATE
     SET external_id = excluded.external_id, hash = excluded.hash, type = excluded.type, bytes = excluded.bytes`,
    [...key, id, hash, type, bytes],
  );
  return rowCount === 1;
}
