import type pg from 'pg';
import type { PgBoss } from 'pg-boss';
import type { RunStore } from '../../../src/core/run-store.ts';
import { openSyncPool } from '../../../src/db/pool/sync-pool.ts';
import { createRunStore } from '../../../src/db/run/create-run-store.ts';
import { openBoss } from '../../../src/db/run/queue/open-boss.ts';
import { createSealer } from '../../../src/db/secrets/sealer.ts';
import { openRunSignals, type WorkspaceSignals } from '../../../src/db/signals/open-run-signals.ts';

/** All processes have the same one. */
export const sealer = createSealer([Buffer.alloc(32, 7)]);

/** What a process needs to work with runs. */
export type RunsProcess = {
  pool: pg.Pool;
  boss: PgBoss;
  store: RunStore;
  signals: WorkspaceSignals;
  close(): Promise<void>;
};

/** Opens a database like a separate process does, with its own connections, queue and signals. */
export async function openProcess(url: string): Promise<RunsProcess> {
  const pool = openSyncPool({ url, connections: 6 });
  const boss = await openBoss(url, () => {});
  const signals = await openRunSignals(url);
  return {
    pool,
    boss,
    signals,
    store: createRunStore({ pool, boss, openSecret: sealer.open }),
    close: async () => {
      await boss.stop({ graceful: false });
      await signals.close();
      await pool.end();
    },
  };
}
