import type { Pool, PoolClient } from 'pg';

/** The application_name of sessions while they write for a run, by which those that a lost worker left open are found. */
export function workingOn(runId: string): string {
  return `contact-sync run ${runId}`;
}

/**
 * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. For as long as it goes on, the
 * session can be told by `name`.
 */
export async function inTransaction<T>(
  pool: Pool,
  work: (client: PoolClient) => Promise<T>,
  name?: string,
): Promise<T> {
  const client = await pool.connect();
  let broken: Error | undefined;
  try {
    await client.query(
      name === undefined ? 'BEGIN' : `BEGIN; SET LOCAL application_name = ${client.escapeLiteral(name)}`,
    );
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    // A connection that can't even roll back is thrown away with its transaction.
    await client.query('ROLLBACK').catch((fault: Error) => {
      broken = fault;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
