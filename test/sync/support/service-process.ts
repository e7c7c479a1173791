import { createRunQueue } from '../../../src/db/run/queue/create-run-queue.ts';
import { openSyncStore } from '../../../src/db/sync/open-sync-store.ts';
import { createWatchStore } from '../../../src/db/watch/create-watch-store.ts';
import { startWorker } from '../../../src/runner/start-worker.ts';
import { startWatcher } from '../../../src/runner/watch/start-watcher.ts';
import { openReadingThreads } from '../../../src/sync/reading-threads.ts';
import { runSync } from '../../../src/sync/run-sync.ts';
import { ldapSettings } from '../../../src/sync/source/ldap/ldap-settings.ts';
import { watchDirectory } from '../../../src/sync/source/ldap/watch/watch-directory.ts';
import { openProcess, sealer } from '../../runner/support/open-process.ts';
import { openOptions } from '../../support/ldap-reading.ts';

// A separate process that works on runs and watches directories, to be killed: node service-process.ts <database url>.
// Its waits are shorter than the service's. It prints the faults in its log.
const [url = ''] = process.argv.slice(2);
process.stdin.resume().once('end', () => process.exit());

const tell = (level: string) => (details: Record<string, unknown>, message: string) => {
  const { err } = details;
  const code = typeof err === 'object' && err !== null && 'code' in err ? err.code : null;
  process.stdout.write(`${JSON.stringify({ level, code, message, said: String(err) })}\n`);
};
const log = { warn: tell('warn'), error: tell('error') };

const { pool, boss, store, signals } = await openProcess(url);
const threads = openReadingThreads();
const addresses = { allowPrivate: true, cidrs: [] };
const syncStore = openSyncStore(pool);
await startWorker({
  store,
  signals,
  log,
  queue: createRunQueue(boss, signals, (err) => log.error({ err }, 'A run could not be worked on')),
  concurrency: 2,
  runSync: (claimed, signal) => runSync({ store: syncStore, threads, addresses }, claimed, signal),
});
startWatcher({
  watches: createWatchStore({ pool, boss, openSecret: sealer.open }),
  runs: store,
  signals,
  log,
  watchSource: ({ source, secrets, scope }, { signal, ...told }) =>
    watchDirectory(
      ldapSettings.parse(source),
      secrets,
      { ...openOptions(signal), scope, ...told },
      { checkEveryMs: 500, askEveryMs: 50, sweepEveryMs: 500, restFactor: 2 },
    ),
  pace: { quietMs: 20, gatherMs: 100, burst: 10_000, longRunMs: 600_000, firstPauseMs: 50, longestPauseMs: 500 },
});
