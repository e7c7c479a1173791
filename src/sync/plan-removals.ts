import type { AbsentPerson } from '../core/absence.ts';
import type { RemovalPolicy } from '../core/connection.ts';
import { mapInSlices, slices } from '../core/fair-turns.ts';
import type { PlannedAbsence } from '../core/plan.ts';
import { planPositions, type SyncRun } from '../core/sync-store.ts';
import { planAbsent } from './plan/plan-absent.ts';

/** People who are asked for and decided at a time, and after how many of them the event loop turns. */
const pageSize = 1000;
const atOnce = 100;

/** Plans what becomes of people whom a complete read has not had, list by list, and counts those newly gone. */
export function planRemovals(run: SyncRun, removal: RemovalPolicy) {
  let position: number = planPositions.removals;
  let newlyGone = 0;
  return {
    plan: async (externalIds: readonly string[]): Promise<void> => {
      for (const ids of slices(externalIds, pageSize)) {
        const { at, people } = await run.absentPeople(ids);
        const decide = (person: AbsentPerson) => ({ person, outcome: planAbsent(person, removal, at) });
        const planned: PlannedAbsence[] = [];
        for (const { person, outcome } of await mapInSlices(people, atOnce, decide)) {
          if (outcome.kind === 'nothing') continue;
          planned.push({ position: ++position, person, outcome });
          if (outcome.newly) newlyGone++;
        }
        if (planned.length > 0) await run.decideAbsent(planned);
      }
    },
    newlyGone: (): number => newlyGone,
  };
}
