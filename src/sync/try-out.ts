import type { ConnectionSettings, Secrets } from '../core/connection.ts';
import type { Decision, PlacedQuestion } from '../core/plan.ts';
import type { RunCounts } from '../core/run.ts';
import type { AddressPolicy } from '../core/source-session.ts';
import type { Trial } from '../core/trial.ts';
import { namedInVain } from './check/check-emptied.ts';
import { judgeRead } from './check/judge-read.ts';
import { checkChanges } from './check-changes.ts';
import type { Circle } from './find-circle.ts';
import * as lines from './log/run-lines.ts';
import { keepUnsure, planChanges, planRemovals } from './plan-changes.ts';
import type { ReadDone, ReadSample, SampleWish } from './read-messages.ts';
import type { ReadingThreads } from './reading-threads.ts';
import { sourceOf } from './source/sources.ts';
import { type ReadEvents, startReader } from './start-reader.ts';

/** The input of a trial. `onDecided`: see PlanInput. */
export type TryOut = {
  workspaceId: string;
  settings: ConnectionSettings;
  secrets: Secrets;
  addresses: AddressPolicy;
  sample: SampleWish;
  onDecided?: (question: PlacedQuestion, decision: Decision) => void;
};

/** The result of a trial. `notes`: warnings about its read, for people. */
export type TriedOut = {
  read: ReadDone;
  sample: ReadSample;
  newlyGone: number;
  counts: RunCounts;
  holdReasons: string[];
  notes: string[];
};

/**
 * Does what a run does, in the tables of a trial: reads everybody, plans and checks. The plan is in the trial's tables afterwards.
 * Throws an AppError when the run would break, or the signal's reason.
 */
export async function tryOut(
  threads: ReadingThreads,
  trial: Trial,
  { workspaceId, settings, secrets, addresses, sample: wish, onDecided }: TryOut,
  signal: AbortSignal,
): Promise<TriedOut> {
  const { rank } = trial;
  const notes: string[] = [];
  const { events, taken } = sampling();
  const run = { workspaceId, runId: trial.id, settings, rank, secrets, addresses, at: new Date() };
  const task = { ...run, since: null, modeReason: '', sample: wish };
  const reader = startReader(threads, task, trial, events, signal);
  try {
    const read = await reader.outcome;
    const { attributes, people, advice } = sourceOf(settings.kind);
    const judgement = judgeRead({ ...read, lastReferrals: trial.referrals, advice });
    const inVain = namedInVain(settings.mappings, read.end.lacking ?? [], attributes.keyOf);
    const said = [
      ...lines.readDone(read.counts, read.extent),
      ...lines.namedInVain(inVain, advice),
      ...judgement.lines,
    ];
    notes.push(...said.filter(({ level }) => level === 'WARN').map(({ message }) => message));
    await trial.keepMapped();
    const removals = planRemovals(trial, settings.removal, keepUnsure(read.end.unsure, people));
    if (judgement.tellsWhoIsGone && read.gone > 0) await reader.tellGone(removals.plan);
    const onProgress = (): Promise<void> => Promise.resolve();
    const { staged } = read;
    await planChanges({ run: trial, staged, workspaceId, settings, rank, onProgress, onDecided, signal });
    signal.throwIfAborted();
    const newlyGone = removals.newlyGone();
    const { counts, holdReasons } = await checkChanges(trial, settings, { read, newlyGone, review: false });
    return { read, sample: taken(), newlyGone, counts, holdReasons, notes };
  } finally {
    await reader.close();
  }
}

/** The result of a trial with a few people. `again`: changes that would repeat what was taken back, by action. */
export type TriedFew = { sample: ReadSample; again: Awaited<ReturnType<Trial['countAgain']>> };

/**
 * Does the same with a few people, as if there were nobody else. Of the check, it does only what is about single people: whether it
 * would repeat what was taken back. Null: somebody of them who is linked is not in scope, and only a read of everybody can tell what
 * becomes of their contact. Throws as `tryOut` does.
 */
export async function tryOutFew(
  threads: ReadingThreads,
  trial: Trial,
  { workspaceId, settings, secrets, addresses, sample: wish, onDecided }: TryOut,
  { names, ids }: Circle,
  signal: AbortSignal,
): Promise<TriedFew | null> {
  const { rank } = trial;
  await trial.limitTo(ids);
  const { events, taken } = sampling();
  const run = { workspaceId, runId: trial.id, settings, rank, secrets, addresses, at: new Date() };
  const task = { ...run, since: null, modeReason: '', sample: wish, only: names };
  const reader = startReader(threads, task, trial, events, signal);
  try {
    const { gone, staged } = await reader.outcome;
    if (gone > 0) return null;
    await trial.keepMapped();
    const onProgress = (): Promise<void> => Promise.resolve();
    await planChanges({ run: trial, staged, workspaceId, settings, rank, onProgress, onDecided, signal });
    signal.throwIfAborted();
    return { sample: taken(), again: await trial.countAgain() };
  } finally {
    await reader.close();
  }
}

/** The events of a read of which only the sample is wanted. */
function sampling(): { events: ReadEvents; taken: () => ReadSample } {
  let sample: ReadSample = { people: [], watched: [], leftOut: {} };
  const events = {
    onConnected: () => {},
    onBegun: () => {},
    onCounts: () => {},
    onSample: (taken: ReadSample) => {
      sample = taken;
    },
  };
  return { events, taken: () => sample };
}
