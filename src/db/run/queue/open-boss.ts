import type { ClientBase } from 'pg';
import { PgBoss } from 'pg-boss';
import { hearErrors } from '../../pool/pg-client.ts';

/** The queue of runs to be worked on. */
export const runQueueName = 'contact-sync-run';

/** How long a worker may be silent before it counts as dead: the least that pg-boss takes. */
export const silenceSeconds = 10;

/** SQL: the `job` is queued, or worked on by a process that has lately been heard of. */
export const isLive = `(job.state < 'active'
  OR job.state = 'active' AND coalesce(job.heartbeat_on, job.started_on) > now() - interval '${silenceSeconds} s')`;

const queueOptions = {
  // Who waits for a job hears of it by our own signal, see run-queue.ts.
  notify: false,
  // A run that lost its worker gets a new job, with an id of its own: the old worker, should it live after all, must not
  // settle the job of the new one.
  retryLimit: 0,
  heartbeatSeconds: silenceSeconds,
  expireInSeconds: 24 * 60 * 60,
  deleteAfterSeconds: 60 * 60,
};

/** Passed on to its pool: its statements are short, and must not wait for a host that has vanished without a word. */
const poolOptions = {
  query_timeout: 60_000,
  keepAlive: true,
  keepAliveInitialDelayMillis: 10_000,
  onConnect: async (client: ClientBase) => {
    hearErrors(client);
    // What the queue notes is made sure of by what follows it in the tables of runs: nobody waits for the disk twice.
    await client.query('SET synchronous_commit = off');
  },
};

/** What a worker of the queue fails with comes as a bare object, of which a log would say nothing. */
function asError(fault: Error | { message: string }): Error {
  return fault instanceof Error ? fault : Object.assign(new Error(fault.message), fault);
}

/**
 * Opens pg-boss with a small pool of its own (two connections), making or moving on its schema
 * `pgboss` under its own lock; any number of processes may do so at once. `onTrouble` hears what it would otherwise throw
 * into the void; the queue goes on. Closed by `boss.stop({ graceful: false })`.
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
    // It may be there from an earlier release.
    await boss.updateQueue(runQueueName, queueOptions);
    return boss;
  } catch (error) {
    await boss.stop({ graceful: false });
    throw error;
  }
}
