import type { Pool, PoolClient } from 'pg';
import type { PgBoss } from 'pg-boss';
import { DatabaseLost } from '../../core/database-trouble.ts';
import type { RunStore } from '../../core/run-store.ts';
import { connectionExists, enabledConnectionIds } from '../connection/find-connections.ts';
import { storedFiles } from '../file/read-file.ts';
import { inTransaction, workingOn } from '../in-transaction.ts';
import { poolQuery } from '../query.ts';
import { type OpenSecret, readSecrets } from '../secrets/connection-secrets.ts';
import { isLost, waitOut } from '../try-again.ts';
import { findWorkspace } from '../workspaces.ts';
import { approveRun, rejectRun } from './life/approve-or-reject.ts';
import { cancelRun, setContactSyncEnabled } from './life/cancel-run.ts';
import { claimRun } from './life/claim-run.ts';
import { recoverLostRuns } from './life/recover-lost-runs.ts';
import { attemptState, endRun, giveWay } from './life/run-attempt.ts';
import { passSchedule, scheduledConnections } from './life/schedules.ts';
import { startRevert } from './life/start-revert.ts';
import { startRun } from './life/start-run.ts';
import { findRuns, recentRuns } from './list/find-runs.ts';
import { addLine } from './log/append-lines.ts';
import { readLog } from './log/read-log.ts';
import { silenceSeconds } from './queue/open-boss.ts';

/** `pool` has the rights of the tables' owner. `boss` has been started. */
export type RunStoreParts = { pool: Pool; boss: PgBoss; openSecret: OpenSecret };

/** The store of runs, in Postgres. Each call is one transaction, which also notifies other processes. */
export function createRunStore({ pool, boss, openSecret }: RunStoreParts): RunStore {
  const whenHeard = onceHeardAgain(pool);
  const query = poolQuery(pool);
  const transaction = <T>(work: (client: PoolClient) => Promise<T>) => inTransaction(pool, work);
  return {
    startRun: (run) => transaction((client) => startRun(boss, client, run)),
    startRevert: (workspaceId, runId, by) => transaction((client) => startRevert(boss, client, workspaceId, runId, by)),
    findRun: async (workspaceId, runId) => (await findRuns(query, workspaceId, [runId]))[0] ?? null,
    findRuns: (workspaceId, runIds) => findRuns(query, workspaceId, runIds),
    recentRuns: (workspaceId, since) => recentRuns(query, workspaceId, since),
    enabledConnectionIds: (workspaceId) => enabledConnectionIds(pool, workspaceId),
    workspace: (workspaceId) => findWorkspace(pool, workspaceId),
    connectionExists: (workspaceId, connectionId) => connectionExists(pool, workspaceId, connectionId),
    secrets: (workspaceId, connection) => readSecrets(pool, openSecret, workspaceId, connection),
    files: {
      of: (workspaceId, connectionId) =>
        storedFiles((sql, values) => pool.query(sql, values), { workspaceId, connectionId, runId: null }),
    },
    claim: (job, databaseLost = false) => {
      let lost = databaseLost;
      const claim = () =>
        inTransaction(pool, (client) => claimRun(client, openSecret, job, lost), workingOn(job.runId));
      // The claim may have taken the run, although its COMMIT got no answer.
      const noteLoss = async (): Promise<void> => {
        lost = true;
      };
      return waitOut(claim, { beforeAgain: noteLoss });
    },
    attemptState: (claimed) => attemptState(pool, claimed),
    cancel: (workspaceId, runId, by) => transaction((client) => cancelRun(client, workspaceId, runId, by)),
    approve: (workspaceId, runId, by) => transaction((client) => approveRun(boss, client, workspaceId, runId, by)),
    reject: (workspaceId, runId, by) => transaction((client) => rejectRun(client, workspaceId, runId, by)),
    end: (claimed, ending) =>
      waitOut(() => inTransaction(pool, (client) => endRun(client, claimed, ending), workingOn(claimed.run.id))),
    giveWay: (claimed) =>
      waitOut(() => inTransaction(pool, (client) => giveWay(client, claimed), workingOn(claimed.run.id))),
    setContactSyncEnabled: (workspaceId, enabled, by) =>
      transaction((client) => setContactSyncEnabled(client, workspaceId, enabled, by)),
    addLine: (workspaceId, runId, line) => transaction((client) => addLine(client, workspaceId, runId, line)),
    recoverLostRuns: () => whenHeard(() => recoverLostRuns(pool, boss)),
    runLog: (workspaceId, runId, log) => readLog(query, workspaceId, runId, log),
    scheduledConnections: () => scheduledConnections(pool),
    passSchedule: (scheduled, upTo, fire) => transaction((client) => passSchedule(boss, client, scheduled, upTo, fire)),
  };
}

/**
 * While the database was away, no worker could send its heartbeat. So when it is back, nothing is done for `silenceSeconds`:
 * living workers get that time to be heard again. Rejects with DatabaseLost while the database is away.
 */
function onceHeardAgain(pool: Pool): (work: () => Promise<void>) => Promise<void> {
  let isAway = false;
  let backAt = Number.NEGATIVE_INFINITY;
  return async (work) => {
    try {
      if (isAway) {
        await pool.query('SELECT 1');
        [isAway, backAt] = [false, performance.now()];
      }
      if (performance.now() - backAt >= silenceSeconds * 1000) await work();
    } catch (cause) {
      if (!isLost(cause)) throw cause;
      isAway = true;
      throw new DatabaseLost('The database is away.', { startOver: false, cause });
    }
  };
}
