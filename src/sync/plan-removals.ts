import type { RemovalPolicy } from '../core/connection.ts';
import { mapInSlices } from '../core/in-slices.ts';
import type { PlannedAbsence } from '../core/plan.ts';
import { planPositions, type SyncRun } from '../core/sync-store.ts';
import { planAbsent } from './plan/plan-absent.ts';

/** People after whom the event loop turns. */
const atOnce = 500;

/** Plans what becomes of people whom a complete read has not had, list by list, and counts those newly gone. */
export function planRemovals(run: SyncRun, removal: RemovalPolicy) {
  let position: number = planPositions.removals;
  let newlyGone = 0;
  return {
    plan: async (externalIds: readonly string[]): Promise<void> => {
      const { at, people } = await run.absentPeople(externalIds);
      const outcomes = await mapInSlices(people, atOnce, (person) => planAbsent(person, removal, at));
      const planned: PlannedAbsence[] = [];
      for (const [i, outcome] of outcomes.entries()) {
        const person = people[i];
        if (person === undefined || outcome.kind === 'nothing') continue;
        planned.push({ position: ++position, person, outcome });
        if (outcome.newly) newlyGone++;
      }
      if (planned.length > 0) await run.decideAbsent(planned);
    },
    newlyGone: (): number => newlyGone,
  };
}
