import type { Pool } from 'pg';
import type { IdSpace } from '../../core/plan.ts';
import type { ClaimedRun } from '../../core/run-store.ts';
import type { SyncRun, SyncStore } from '../../core/sync-store.ts';
import { storedFiles } from '../file/read-file.ts';
import { applyPlan } from './apply/apply-plan.ts';
import { callOffRemovals } from './apply/call-off-removals.ts';
import type { Attempt } from './attempt.ts';
import { countUnknownManagers } from './count-unknown-managers.ts';
import { finish } from './finish.ts';
import { memoryOf } from './kept-memory.ts';
import { facts } from './known-before.ts';
import { createPatience } from './patience.ts';
import { countPhotosDue, photosDue, savePhotos } from './photos.ts';
import { type PlanOutline, readOutline, rowsOf } from './plan-outline.ts';
import { planning } from './planning.ts';
import { begin, report } from './report.ts';
import { reportPlan, withEarlierPart } from './report-plan.ts';
import { beginRevert } from './revert/apply-revert.ts';
import { planRevert } from './revert/plan-revert.ts';

/** The sync path's store, with the rights of the tables' owner. Every statement names the workspace. */
export function openSyncStore(pool: Pool): SyncStore {
  return {
    open: (claimed, ids = null, signal) => openSyncRun(pool, claimed, ids, signal),
  };
}

function openSyncRun(
  pool: Pool,
  { run, attempt: number, settings, positionBase, reverts, formerConnectionId }: ClaimedRun,
  ids: IdSpace | null,
  signal?: AbortSignal,
): SyncRun {
  const connectionId = run.connectionId ?? formerConnectionId;
  if (connectionId === null) throw new Error('A run without a connection is never claimed.');
  const attempt: Attempt = {
    pool,
    patience: createPatience(pool, signal),
    workspaceId: run.workspaceId,
    runId: run.id,
    connectionId,
    connectionDeleted: run.connectionId === null,
    ids,
    removal: settings.removal,
    photo: settings.photo,
    mapsManagers: settings.mappings.some(({ field }) => field === 'MANAGER'),
    attempt: number,
    plan: run.decidedAt === null ? 'plan_row' : 'kept_plan_row',
    base: positionBase,
    reverts,
  };
  /** The outline of the plan, when it has been made. */
  let outline: PlanOutline | null = null;
  return {
    begin: (line) => begin(attempt, line),
    report: (change) => report(attempt, change),
    files: storedFiles(attempt.patience.query, attempt),
    facts: () => facts(attempt),
    memoryOf: (runId) => memoryOf(attempt, runId),
    ...planning(attempt),
    planRows: async () => {
      outline = await readOutline(attempt);
      return rowsOf(outline.open);
    },
    countUnknownManagers: () => countUnknownManagers(attempt),
    planRevert: (onProgress) => planRevert(attempt, onProgress),
    reportPlan: async (change, quality) => {
      const whole = await withEarlierPart(attempt, change);
      await reportPlan(attempt, whole, { quality, anyTold: outline?.told !== 0 });
    },
    apply: async (onBatch, signal) => {
      if (reverts !== null) await beginRevert(attempt);
      await applyPlan(attempt, outline ?? (await readOutline(attempt)), onBatch, signal);
      if (!signal.aborted && reverts === null) await callOffRemovals(attempt);
    },
    countPhotosDue: () => countPhotosDue(attempt),
    photosDue: (afterId, limit) => photosDue(attempt, afterId, limit),
    savePhotos: (answers, lines) => savePhotos(attempt, answers, lines),
    finish: (summary) => finish(attempt, summary),
  };
}
