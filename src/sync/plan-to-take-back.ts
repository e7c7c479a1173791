import { type ContactField, ContactField as fields, isFlagField } from '../core/contact.ts';
import { countRows } from '../core/plan-counts.ts';
import { fewestEmptied } from '../core/removal-limits.ts';
import type { RunCounts } from '../core/run.ts';
import type { ClaimedRun } from '../core/run-store.ts';
import type { ContactPart, SyncRun } from '../core/sync-store.ts';
import { emptiedReasons } from './check/check-emptied.ts';
import { removalReasons } from './check/check-plan.ts';
import * as lines from './log/run-lines.ts';

/**
 * READING, PLANNING and the check of a revert. Its plan comes from the history of the run that it reverts. It is held
 * by the same limits as other plans. 'ended': a person must review the plan first.
 */
export async function planToTakeBack(
  run: SyncRun,
  { settings: { removal } }: ClaimedRun,
  signal: AbortSignal,
): Promise<'go' | 'ended'> {
  await run.report({ event: 'CONNECTED' });
  const { contacts, removed } = await run.planRevert(async (read) => {
    signal.throwIfAborted();
    await run.report({ counts: { read } });
  });
  await run.report({ event: 'READ', counts: { read: contacts }, lines: [lines.historyRead(contacts)] });
  const planCounts = countRows(await run.planRows());
  const counts = withSum({ ...planCounts, read: contacts });
  const activeBefore = removed === 0 ? 0 : await run.countActive();
  const emptied = await run.countEmptied({
    parts: removal.maxEmptiedPercent === null ? [] : allParts,
    atLeast: fewestEmptied,
  });
  const holdReasons = [
    ...removalReasons(
      { removal, newlyGone: removed, nobodyCame: false, activeBefore },
      'contacts would be deactivated or deleted',
    ),
    ...emptiedReasons(removal, emptied, new Map(), null),
  ];
  if (holdReasons.length > 0) {
    const held = [lines.plannedBack(counts), ...holdReasons.map(lines.held)];
    await run.reportPlan({ event: 'HELD', counts, holdReasons, lines: held }, null);
    return 'ended';
  }
  const { read, inScope, unchanged, skipped } = counts;
  const told = [lines.plannedBack(counts), lines.applyingStarts];
  await run.reportPlan({ event: 'CHECKED', counts: { read, inScope, unchanged, skipped }, lines: told }, null);
  return 'go';
}

const allParts: readonly ContactPart[] = Object.values(fields).flatMap((field: ContactField) =>
  isFlagField(field) ? [] : [{ field, label: null }],
);

/** Adds `inScope`, so that the sum of the counts is right as for every run. Removals are not part of it. */
function withSum(counts: Omit<RunCounts, 'inScope'>): RunCounts {
  const { created, updated, linked, reactivated, unchanged, skipped, failed } = counts;
  return { ...counts, inScope: created + updated + linked + reactivated + unchanged + skipped + failed };
}
