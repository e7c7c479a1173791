import type { ClientBase } from 'pg';
import { PgBoss } from 'pg-boss';
import { hearErrors } from '../../pool/pg-client.ts';

/** The name of the queue of runs. */
export const runQueueName = 'contact-sync-run';

/** After this long without a heartbeat a worker counts as dead. It is the lowest value that pg-boss accepts. */
export const silenceSeconds = 10;

/** SQL: whether `job` is queued, or worked on by a process with a recent heartbeat. */
export const isLive = `(job.state < 'active'
  OR job.state = 'active' AND coalesce(job.heartbeat_on, job.started_on) > now() - interval '${silenceSeconds} s')`;

const queueOptions = {
  // Waiting slots get our own notification, see create-run-queue.ts.
  notify: false,
  // A run that lost its worker gets a new job, with a new id. So the old worker, if it is still alive, can't settle the new
  // worker's job.
  retryLimit: 0,
  heartbeatSeconds: silenceSeconds,
  expireInSeconds: 24 * 60 * 60,
  deleteAfterSeconds: 60 * 60,
};

/** Options of the queue's pool. Its statements are short, and must not wait for a host that has vanished. */
const poolOptions = {
  query_timeout: 60_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  onConnect: async (client: ClientBase) => {
    hearErrors(client);
    // A later commit in the tables of runs waits for the disk, and makes the queue's changes durable too.
    await client.query('SET synchronous_commit = off');
  },
};

/** pg-boss reports some errors as plain objects, which a log would not show. */
function asError(fault: Error | { message: string }): Error {
  return fault instanceof Error ? fault : Object.assign(new Error(fault.message), fault);
}

/**
 * Opens pg-boss with its own small pool (two connections). It creates or migrates its schema `pgboss` under its own
 * lock, so any number of processes may do this at once. `onTrouble` gets the errors of its background work; the queue
 * goes on. Close it with `boss.stop({ graceful: false })`.
 */
export async function openBoss(databaseUrl: string, onTrouble: (error: Error) => void): Promise<PgBoss> {
  const boss = new PgBoss({
    ...poolOptions,
    connectionString: databaseUrl,
    application_name: 'contact-sync-queue',
    max: 2,
    schedule: false,
  });
  boss.on('error', (fault: Error | { message: string }) => onTrouble(asError(fault)));
  try {
    await boss.start();
    await boss.createQueue(runQueueName, queueOptions);
    // The queue may exist from an earlier release, with other options.
    await boss.updateQueue(runQueueName, queueOptions);
    return boss;
  } catch (error) {
    await boss.stop({ graceful: false });
    throw error;
  }
}
