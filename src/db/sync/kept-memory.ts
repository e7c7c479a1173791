import type { PoolClient } from 'pg';
import { type Attempt, key } from './attempt.ts';

/** Reads the memory that an earlier run has left for this one. Empty when there is none. */
export async function memoryOf(
  { patience, workspaceId, connectionId }: Attempt,
  earlierRunId: string,
): Promise<Uint8Array> {
  const { rows } = await patience.query<{ memory: Buffer }>(
    'SELECT memory FROM read_memory WHERE workspace_id = $1 AND connection_id = $2 AND run_id = $3',
    [workspaceId, connectionId, earlierRunId],
  );
  return rows[0]?.memory ?? new Uint8Array(0);
}

/** Stores the run's memory for the next run. Only the one that the connection's cursor names is kept beside it. */
export async function keepMemory(client: PoolClient, attempt: Attempt, memory: Uint8Array): Promise<void> {
  await forgetOthers(client, attempt);
  await client.query(
    `INSERT INTO read_memory (workspace_id, connection_id, run_id, memory)
     SELECT run.workspace_id, run.connection_id, run.id, $3 FROM run WHERE run.workspace_id = $1 AND run.id = $2
     ON CONFLICT ON CONSTRAINT read_memory_pkey DO UPDATE SET memory = excluded.memory`,
    [...key(attempt), memory],
  );
}

/** Deletes the memories of the connection that its cursor does not name. */
export async function forgetOthers(client: PoolClient, { workspaceId, connectionId }: Attempt): Promise<void> {
  await client.query(
    `DELETE FROM read_memory USING connection
     WHERE read_memory.workspace_id = $1 AND read_memory.connection_id = $2 AND connection.workspace_id = $1 AND connection.id = $2
       AND read_memory.run_id::text IS DISTINCT FROM connection.read_cursor#>>'{from,memoryOf}'`,
    [workspaceId, connectionId],
  );
}
