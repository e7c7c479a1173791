import { setTimeout as wait } from 'node:timers/promises';
import type { PoolClient } from 'pg';
import type { CreationTurns } from '../../contact/change-contact.ts';

/** How often a waiting transaction shows that its process is alive. The server ends idle transactions (see pool/sync-pool.ts). */
const aliveEveryMs = 2000;

/** Waits for another transaction. Keeps this one busy meanwhile, so that the server does not end it as idle. */
export async function kept<T>(client: PoolClient, other: Promise<T>): Promise<T> {
  const settled = other.then(() => true);
  settled.catch(() => {});
  for (;;) {
    const waited = new AbortController();
    const due = wait(aliveEveryMs, false, { signal: waited.signal }).catch(() => false);
    try {
      if (await Promise.race([settled, due])) return await other;
    } finally {
      waited.abort();
    }
    await client.query('SELECT 1');
  }
}

/** The same turns, but a transaction that waits for one is not idle. */
export function patientTurns(client: PoolClient, { history, contacts }: CreationTurns): CreationTurns {
  return { history: patient(client, history), contacts: patient(client, contacts) };
}

type Turn = CreationTurns['history'];

function patient(client: PoolClient, turn: Turn): Turn {
  return async (work) => {
    const come = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    void turn(() => {
      come.resolve();
      return over.promise;
    });
    try {
      await kept(client, come.promise);
      await work();
    } finally {
      over.resolve();
    }
  };
}
