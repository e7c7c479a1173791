import type { ConnectionSettings } from '../core/connection.ts';
import { countRows, type PlanCounts } from '../core/plan-counts.ts';
import type { RunCounts } from '../core/run.ts';
import type { CheckTables } from '../core/trial.ts';
import { emptiedQuestion, lackingParts } from './check/check-emptied.ts';
import { checkPlan } from './check/check-plan.ts';
import type { ReadDone } from './read-messages.ts';
import { sourceOf } from './source/sources.ts';

/** What the check of a plan needs: the read it was made from, how many people are newly gone, and whether a review was asked for. */
export type PlannedRead = { read: ReadDone; newlyGone: number; review: boolean };

/** Counts a plan and checks it. `holdReasons`: why a person must review it; empty: it can be applied at once. */
export async function checkChanges(
  tables: CheckTables,
  { kind, removal, mappings }: ConnectionSettings,
  { read, newlyGone, review }: PlannedRead,
): Promise<{ counts: RunCounts; holdReasons: string[] }> {
  const planCounts = countRows(await tables.planRows());
  // Counting contacts is slow, so it is done only when a limit could be exceeded.
  const activeBefore = newlyGone === 0 ? 0 : await tables.countActive();
  const { attributes, advice } = sourceOf(kind);
  const lacking = lackingParts(mappings, read.end.lacking ?? [], attributes.keyOf);
  const question = emptiedQuestion(removal, mappings, lacking);
  const emptied = planCounts.updated < question.atLeast ? [] : await tables.countEmptied(question);
  const nobodyCame = read.extent === 'everybody' && read.counts.read === 0;
  const again = await tables.countAgain();
  const verdict = checkPlan({ removal, newlyGone, nobodyCame, activeBefore, emptied, lacking, advice, again, review });
  return { counts: plannedCounts(planCounts, read), holdReasons: verdict.kind === 'hold' ? verdict.reasons : [] };
}

/** People who were checked again and are as before count as unchanged, like people with an unchanged hash. */
function plannedCounts(counts: PlanCounts, { counts: { read, inScope, unchanged } }: ReadDone): RunCounts {
  return {
    ...counts,
    read,
    inScope,
    unchanged: counts.unchanged + unchanged,
  };
}
