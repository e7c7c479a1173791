import type { ClaimedRun } from '../core/run-store.ts';
import type { AddressPolicy } from '../core/source-session.ts';
import type { ReadCursor, ReadSummary, SyncRun, SyncStore } from '../core/sync-store.ts';
import { namedInVain } from './check/check-emptied.ts';
import { type Judgement, judgeRead } from './check/judge-read.ts';
import { checkChanges } from './check-changes.ts';
import { chooseMode } from './choose-mode.ts';
import { fetchPhotos, leavePhotos } from './fetch-photos.ts';
import * as lines from './log/run-lines.ts';
import { mappingVersion } from './map/mapping-version.ts';
import { usualFields } from './map/usual-fields.ts';
import { keepUnsure, planChanges, planRemovals } from './plan-changes.ts';
import { planToTakeBack } from './plan-to-take-back.ts';
import type { ReadDone } from './read-messages.ts';
import type { ReadingThreads } from './reading-threads.ts';
import { followApplying, followPlanning, followReading } from './report-progress.ts';
import { idSpaceOf, sourceOf } from './source/sources.ts';
import { startReader } from './start-reader.ts';

/** What a run needs from the rest of the service. */
export type SyncParts = {
  store: SyncStore;
  threads: ReadingThreads;
  addresses: AddressPolicy;
};

/**
 * Does one claimed run to its end: read, plan, check, apply, and then fetch photos. A revert reads the history of the run that it
 * takes back, instead of a source. A plan that exists already is only applied:
 * the run was approved, or its worker died while applying.
 *
 * @throws AppError when the run breaks (its code is the run's error), FENCED when another attempt has taken over, the
 * signal's reason when it aborts. Each batch of changes is stored as a whole or not at all.
 */
export async function runSync(parts: SyncParts, claimed: ClaimedRun, signal: AbortSignal): Promise<void> {
  const run = parts.store.open(claimed, idSpaceOf(claimed.settings.kind), signal);
  if (!claimed.planStands) {
    await run.begin(lines.started(claimed.run));
    const verdict =
      claimed.reverts === null
        ? await readAndPlan(parts, run, claimed, signal)
        : await planToTakeBack(run, claimed, signal);
    if (verdict === 'ended') return;
  }
  await applyPlan(run, signal);
  if (claimed.settings.photo && claimed.reverts === null) {
    // A plan that existed already is applied without the source's secrets.
    if (claimed.planStands) await leavePhotos(run);
    else await fetchPhotos(parts, run, claimed, signal);
  }
  await run.finish((counts) => lines.summary(counts, 'applied'));
}

/** READING, PLANNING and the check. 'ended': a dry run is over, or a person must review the plan first. */
async function readAndPlan(
  { threads, addresses }: SyncParts,
  run: SyncRun,
  claimed: ClaimedRun,
  signal: AbortSignal,
): Promise<'go' | 'ended'> {
  const { settings, secrets } = claimed;
  const { workspaceId, id: runId } = claimed.run;
  const { rank, referrals, expectedPeople, readOn, fullEvery } = await run.facts();
  const progress = followReading(run, expectedPeople);
  const at = new Date();
  const { from, reason } = chooseMode({ asked: claimed.askedMode, readOn, fullEvery, mappingVersion, at });
  const since = from === null ? null : { cursor: from.cursor, memory: await memoryOf(run, from) };
  const task = { workspaceId, runId, settings, rank, secrets, addresses, at, since, modeReason: reason };
  const reader = startReader(threads, task, run, progress, signal);
  try {
    const read = await reader.outcome;
    await progress.end();
    const { attributes, people, advice } = sourceOf(settings.kind);
    const inVain = namedInVain(settings.mappings, read.end.lacking ?? [], attributes.keyOf);
    const judgement = judgeRead({ ...read, lastReferrals: referrals, advice });
    await run.report({
      event: 'READ',
      ...countsOf(read),
      lines: [...lines.readDone(read.counts, read.extent), ...lines.namedInVain(inVain, advice), ...judgement.lines],
      readSummary: summaryOf(read, judgement, { runId, at, from }),
      ...(read.memory !== null && read.memory.length > 0 && !claimed.run.dryRun ? { memory: read.memory } : {}),
    });
    // Removals first: the addresses that they free can then go to other people.
    const removals = planRemovals(run, settings.removal, keepUnsure(read.end.unsure, people));
    if (judgement.tellsWhoIsGone && read.gone > 0) await reader.tellGone(removals.plan);
    await planChanges({
      run,
      staged: read.staged,
      workspaceId,
      settings,
      rank,
      onProgress: followPlanning(run),
      signal,
    });
    return await decide(run, claimed, read, removals.newlyGone());
  } finally {
    await reader.close();
  }
}

async function memoryOf(run: SyncRun, { memoryOf: runId }: ReadCursor): Promise<Uint8Array> {
  return runId === null ? new Uint8Array(0) : await run.memoryOf(runId);
}

type ThisRead = { runId: string; at: Date; from: ReadCursor | null };

function summaryOf(
  { extent, mode, continuation, memory, end: { referrals, cursor, noCursorBecause } }: ReadDone,
  { complete, tellsWhoIsGone }: Judgement,
  { runId, at, from }: ThisRead,
): ReadSummary {
  const next = (): ReadCursor | null =>
    cursor === null
      ? null
      : {
          cursor,
          mappingVersion,
          fullAt: mode === 'FULL' || from === null ? at.toISOString() : from.fullAt,
          memoryOf: memory === null ? (from?.memoryOf ?? null) : memory.length === 0 ? null : runId,
        };
  const evenAfterSkips = continuation === 'names everybody';
  return {
    extent,
    complete: complete && extent === 'everybody' ? { at: new Date(), referrals } : null,
    readOn: tellsWhoIsGone ? { from: next(), because: noCursorBecause ?? null, evenAfterSkips } : null,
  };
}

function countsOf({ counts: { read, inScope, unchanged, excluded } }: ReadDone) {
  return {
    counts: { read, inScope, unchanged },
    excluded,
  };
}

/** The check: apply, hold for a person, or (in a dry run) only report. */
async function decide(
  run: SyncRun,
  { settings, run: { dryRun, review } }: ClaimedRun,
  read: ReadDone,
  newlyGone: number,
): Promise<'go' | 'ended'> {
  const { counts, holdReasons } = await checkChanges(run, settings, { read, newlyGone, review });
  const unknown = read.withManager === 0 ? 0 : await run.countUnknownManagers();
  const quality = {
    staged: read.withFindings,
    toTheEnd: read.extent === 'everybody' && read.end.complete,
    everyLink: read.mode === 'FULL',
    filled: read.filled,
    usual: usualFields(settings.mappings, read.filled, counts.inScope - read.staged.skipped),
  };
  const planned = [lines.planned(counts, newlyGone), ...lines.unknownManagers(unknown)];
  if (dryRun) {
    const dryLines = [...planned, ...holdReasons.map(lines.wouldHold), lines.summary(counts, 'dry')];
    await run.reportPlan({ event: 'SUCCEEDED', counts, holdReasons, lines: dryLines }, quality);
    return 'ended';
  }
  if (holdReasons.length > 0) {
    const heldLines = [...planned, ...holdReasons.map(lines.held)];
    await run.reportPlan({ event: 'HELD', counts, holdReasons, lines: heldLines }, quality);
    return 'ended';
  }
  // From here on the counts are those of applied changes.
  const { inScope, unchanged, skipped } = counts;
  const counted = { read: counts.read, inScope, unchanged, skipped };
  await run.reportPlan({ event: 'CHECKED', counts: counted, lines: [...planned, lines.applyingStarts] }, quality);
  return 'go';
}

async function applyPlan(run: SyncRun, signal: AbortSignal): Promise<void> {
  await run.apply(followApplying(), signal);
  signal.throwIfAborted();
}
