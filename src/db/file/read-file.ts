import type { QueryResult, QueryResultRow } from 'pg';
import { AppError } from '../../core/app-error.ts';
import type { StoredFile, StoredFiles } from '../../core/stored-files.ts';

/** A file as JSON, which knows no dates. */
export type FileRow = Omit<StoredFile, 'uploadedAt'> & { uploadedAt: string };

export function toFile({ uploadedAt, ...file }: FileRow): StoredFile {
  return { ...file, uploadedAt: new Date(uploadedAt) };
}

/** SQL: a row of `connection_file` as a FileRow. */
export const fileJson = `jsonb_build_object('id', file.id, 'name', file.name, 'bytes', file.bytes, 'uploadedAt', file.uploaded_at)`;

/** SQL: what holds for the file that is there for readers. */
export const isCurrent = 'file.uploaded_at IS NOT NULL AND NOT file.superseded';

type Sql = <Row extends QueryResultRow>(sql: string, values: unknown[]) => Promise<Pick<QueryResult<Row>, 'rows'>>;

/**
 * Reads the file of a connection. `runId`: the run that reads it keeps the version that it finds for as long as it works, whatever
 * is uploaded meanwhile; a look without a run may find a part gone.
 */
export function storedFiles(
  sql: Sql,
  { workspaceId, connectionId, runId }: { workspaceId: string; connectionId: string; runId: string | null },
): StoredFiles {
  const key = [workspaceId, connectionId];
  const found = async (statement: string, values: unknown[]): Promise<StoredFile | null> => {
    // In a statement of its own, so that the next one sees what an upload that was just ending has made of it.
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
    // An upload that ended between the two statements has taken the file away that was found.
    find: async () => {
      // Those that earlier runs have read.
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

/** No row: the file is gone. No bytes: it has no such part, and ends before it. */
const nextPart = `
  SELECT part.bytes FROM connection_file AS file LEFT JOIN connection_file_part AS part
    ON part.workspace_id = file.workspace_id AND part.file_id = file.id AND part.part = $3
  WHERE file.workspace_id = $1 AND file.id = $2`;

function replaced(): AppError {
  return new AppError('FILE_REPLACED', 'Another file was uploaded while the one before it was read.', {
    hint: 'Try again: the new file is read then.',
  });
}
