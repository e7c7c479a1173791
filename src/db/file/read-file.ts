import type { QueryResult, QueryResultRow } from 'pg';
import { AppError } from '../../core/app-error.ts';
import type { StoredFile, StoredFiles } from '../../core/stored-files.ts';

/** A file as JSON, in which a date is a string. */
export type FileRow = Omit<StoredFile, 'uploadedAt'> & { uploadedAt: string };

export function toFile({ uploadedAt, ...file }: FileRow): StoredFile {
  return { ...file, uploadedAt: new Date(uploadedAt) };
}

/** SQL: a row of `connection_file` as a FileRow. */
export const fileJson = `jsonb_build_object('id', file.id, 'name', file.name, 'bytes', file.bytes, 'uploadedAt', file.uploaded_at)`;

/** SQL: the condition for the file that readers see. */
export const isCurrent = 'file.uploaded_at IS NOT NULL AND NOT file.superseded';

type Sql = <Row extends QueryResultRow>(sql: string, values: unknown[]) => Promise<Pick<QueryResult<Row>, 'rows'>>;

/**
 * Reads the file of a connection. With `runId`, that run keeps the file it finds for as long as it works, even if another one is
 * uploaded meanwhile. Without a run, the file may be replaced while it is read.
 */
export function storedFiles(
  sql: Sql,
  { workspaceId, connectionId, runId }: { workspaceId: string; connectionId: string; runId: string | null },
): StoredFiles {
  const key = [workspaceId, connectionId];
  const found = async (statement: string, values: unknown[]): Promise<StoredFile | null> => {
    // A separate statement: the next statement then sees the result of an upload that was just ending.
    await sql('SELECT FROM connection WHERE connection.workspace_id = $1 AND connection.id = $2 FOR SHARE', key);
    const { rows } = await sql<{ file: FileRow }>(statement, values);
    return rows[0] === undefined ? null : toFile(rows[0].file);
  };
  const ofConnection = `file.workspace_id = $1 AND file.connection_id = $2 AND ${isCurrent}`;
  const look = (): Promise<StoredFile | null> =>
    runId === null
      ? found(`SELECT ${fileJson} AS file FROM connection_file AS file WHERE ${ofConnection}`, key)
      : found(`UPDATE connection_file AS file SET read_by = $3 WHERE ${ofConnection} RETURNING ${fileJson} AS file`, [
          ...key,
          runId,
        ]);
  return {
    // A second look, because an upload that ended between the two statements may have deleted the file.
    find: async () => {
      // Files that earlier runs have read.
      if (runId !== null)
        await sql(
          'DELETE FROM connection_file AS file WHERE file.workspace_id = $1 AND file.connection_id = $2 AND file.superseded',
          key,
        );
      return (await look()) ?? (await look());
    },
    read: async function* (fileId) {
      for (let part = 0; ; part++) {
        const { rows } = await sql<PartRow>(nextPart, [workspaceId, fileId, part]);
        const next = rows[0];
        if (next === undefined) throw replaced();
        if (next.bytes === null) return;
        yield next.bytes;
      }
    },
  };
}

type PartRow = { bytes: Buffer | null };

/** No row: the file is gone. A row without bytes: the file has no such part; the one before was the last. */
const nextPart = `
  SELECT part.bytes FROM connection_file AS file LEFT JOIN connection_file_part AS part
    ON part.workspace_id = file.workspace_id AND part.file_id = file.id AND part.part = $3
  WHERE file.workspace_id = $1 AND file.id = $2`;

function replaced(): AppError {
  return new AppError('FILE_REPLACED', 'Another file was uploaded while the one before it was read.', {
    hint: 'Try again: the new file is read then.',
  });
}
