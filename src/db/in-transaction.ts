import type { Pool, PoolClient } from 'pg';

/** The application_name of a session while it writes for a run. It finds the sessions that a lost worker left open. */
export function workingOn(runId: string): string {
  return `contact-sync run ${runId}`;
}

/**
 * Runs `work` in one transaction, which commits when `work` resolves and rolls back when it rejects. `name`: the
 * application_name of the session during the transaction.
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
    // A connection that can't even roll back is closed, and its transaction with it.
    await client.query('ROLLBACK').catch((fault: Error) => {
      broken = fault;
    });
    throw error;
  } finally {
    client.release(broken);
  }
}
