import { uuidv7 } from 'uuidv7';
import { filePartBytes, type StoredFile } from '../../core/stored-files.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Transaction } from '../api-transaction.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { type FileRow, fileJson, isCurrent, toFile } from './read-file.ts';

/** After this long without new bytes, an upload counts as abandoned: its process has died. */
const abandonedAfter = '1 hour';

/**
 * Stores a file for a connection. Each part is a separate transaction, so that no database connection is held while we
 * wait for more bytes. Readers see the file when it is complete, and the file before it until then. When `bytes`
 * throws, nothing changes. Null: the connection does not exist, or was deleted meanwhile.
 */
export async function saveFile(
  scope: WorkspaceScope,
  connectionId: string,
  name: string,
  bytes: AsyncIterable<Uint8Array>,
): Promise<StoredFile | null> {
  if (!isUuid(connectionId)) return null;
  const id = uuidv7();
  if (!(await scope.write((transaction) => begin(transaction, { id, connectionId, name })))) return null;
  try {
    let part = 0;
    for await (const piece of inParts(bytes)) {
      const number = part++;
      if (!(await scope.write((transaction) => addPart(transaction, id, number, piece)))) return null;
    }
    return await scope.write((transaction) => finish(transaction, { id, connectionId }));
  } catch (error) {
    await scope.write((transaction) => drop(transaction, id)).catch(() => {});
    throw error;
  }
}

type NewFile = { id: string; connectionId: string; name: string };

async function begin({ query, workspaceId }: Transaction, { id, connectionId, name }: NewFile): Promise<boolean> {
  await query(
    `DELETE FROM connection_file AS file
     WHERE file.workspace_id = $1 AND file.uploaded_at IS NULL AND file.touched_at < now() - interval '${abandonedAfter}'`,
    [workspaceId],
  );
  const begun = await query(
    `INSERT INTO connection_file (workspace_id, id, connection_id, name)
     SELECT connection.workspace_id, $2, connection.id, $4 FROM connection
     WHERE connection.workspace_id = $1 AND connection.id = $3
     RETURNING id`,
    [workspaceId, id, connectionId, name],
  );
  return begun.length > 0;
}

/** False: the file and its connection were deleted. */
async function addPart({ query, workspaceId }: Transaction, id: string, part: number, bytes: Buffer): Promise<boolean> {
  const touched = await query<{ id: string }>(
    `WITH touched AS (
       UPDATE connection_file AS file SET bytes = file.bytes + $3, touched_at = clock_timestamp()
       WHERE file.workspace_id = $1 AND file.id = $2 RETURNING file.id)
     INSERT INTO connection_file_part (workspace_id, file_id, part, bytes)
     SELECT $1, touched.id, $4, $5 FROM touched RETURNING file_id AS id`,
    [workspaceId, id, bytes.length, part, bytes],
  );
  return touched.length > 0;
}

/** Makes readers see the file instead of the one before. That one is deleted, unless a working run reads it. */
async function finish(
  { query, workspaceId }: Transaction,
  { id, connectionId }: Omit<NewFile, 'name'>,
): Promise<StoredFile | null> {
  const key = [workspaceId, connectionId];
  const connection = await query(
    'SELECT connection.id FROM connection WHERE connection.workspace_id = $1 AND connection.id = $2 FOR NO KEY UPDATE',
    key,
  );
  if (connection.length === 0) return null;
  await query(
    `DELETE FROM connection_file AS file
     WHERE file.workspace_id = $1 AND file.connection_id = $2 AND file.uploaded_at IS NOT NULL AND NOT EXISTS (
       SELECT FROM run WHERE run.workspace_id = $1 AND run.id = file.read_by AND run.status = 'RUNNING')`,
    key,
  );
  await query(
    `UPDATE connection_file AS file SET superseded = true
     WHERE file.workspace_id = $1 AND file.connection_id = $2 AND ${isCurrent}`,
    key,
  );
  const whole = await query<{ file: FileRow }>(
    `WITH file AS (
       UPDATE connection_file SET uploaded_at = clock_timestamp()
       WHERE connection_file.workspace_id = $1 AND connection_file.id = $2 RETURNING connection_file.*)
     SELECT ${fileJson} AS file FROM file`,
    [workspaceId, id],
  );
  return whole[0] === undefined ? null : toFile(whole[0].file);
}

function drop({ query, workspaceId }: Transaction, id: string): Promise<unknown> {
  return query('DELETE FROM connection_file AS file WHERE file.workspace_id = $1 AND file.id = $2', [workspaceId, id]);
}

/** Cuts the bytes into parts of the same size. The last one may be smaller. */
async function* inParts(bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Buffer> {
  let filling = Buffer.allocUnsafe(filePartBytes);
  let length = 0;
  for await (const chunk of bytes) {
    for (let at = 0; at < chunk.length; ) {
      const taken = Math.min(chunk.length - at, filePartBytes - length);
      filling.set(chunk.subarray(at, at + taken), length);
      at += taken;
      length += taken;
      if (length < filePartBytes) continue;
      yield filling;
      filling = Buffer.allocUnsafe(filePartBytes);
      length = 0;
    }
  }
  if (length > 0) yield filling.subarray(0, length);
}
