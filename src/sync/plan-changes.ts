import type { AbsentPerson } from '../core/absence.ts';
import type { Unsure } from '../core/arrivals.ts';
import type { ConnectionSettings, RemovalPolicy } from '../core/connection.ts';
import type { PersonNames } from '../core/entry.ts';
import { mapInSlices, slices } from '../core/fair-turns.ts';
import type { Decided, Decision, PlacedQuestion, PlannedAbsence, Rank, Refusal } from '../core/plan.ts';
import type { NewLogLine } from '../core/run.ts';
import { planPositions, type StagedCounts } from '../core/sync-store.ts';
import type { PlanTables } from '../core/trial.ts';
import { indexed } from '../search/contact-index.ts';
import * as lines from './log/run-lines.ts';
import { planAbsent } from './plan/plan-absent.ts';
import { contactOf, keptByLock, type PlanSettings, planPerson, sameValues } from './plan/plan-person.ts';
import { takenOver } from './plan/sentences.ts';
import { settleHandovers, settleLost, type TakingOver, type Waiting } from './plan/settle-handovers.ts';
import { gatherRivals, type Rivals, settleTakers, type Taker } from './plan/settle-rivals.ts';

/** How many questions are loaded and decided at a time, and how many decisions are refused at a time. */
const pageSize = 1000;
/** How many takeovers are settled at a time. For each list of them the plan is read once. */
const takeoversAtOnce = 10_000;
/** How many questions are decided before the event loop gets a turn. */
const atOnce = 50;
/** How many people who are gone are loaded and decided at a time; and after how many the event loop gets a turn. */
const goneAtOnce = 1000;
const turnAfterGone = 100;

/** What planning a run needs. */
export type PlanInput = {
  run: PlanTables;
  staged: StagedCounts;
  workspaceId: string;
  settings: ConnectionSettings;
  rank: Rank;
  onProgress: (decided: number, total: number) => Promise<void>;
  /** Gets each question with its decision, before the decisions are settled. */
  onDecided?: (question: PlacedQuestion, decision: Decision) => void;
  signal: AbortSignal;
};

/**
 * Decides about all people who could not be decided when they were staged: linked people, and newcomers whose address somebody
 * else has or claims. First each person is decided, page by page. Then all are settled: who loses an address to rivals, and who
 * gets one that another change frees.
 */
export async function planChanges({
  run,
  staged,
  workspaceId,
  settings,
  rank,
  onProgress,
  onDecided,
  signal,
}: PlanInput): Promise<void> {
  const total = await run.findQuestions(staged);
  const unsettled: Unsettled = { rivals: gatherRivals(), takers: [], takingOver: [], waiting: [] };
  let done = 0;
  for (let after = -1; done < total; ) {
    signal.throwIfAborted();
    const questions = await run.questions(after, pageSize);
    const last = questions.at(-1);
    if (last === undefined) break;
    const planSettings = { mappings: settings.mappings, matchBy: settings.matchBy, rank };
    const locked: NewLogLine[] = [];
    const decisions = await mapInSlices(questions, atOnce, (question) => {
      const decision = planPerson(question, planSettings);
      locked.push(...lockedLines(question, decision, planSettings));
      remember(unsettled, question, decision);
      onDecided?.(question, decision);
      return decided(question, decision, workspaceId);
    });
    await run.decide(decisions);
    if (locked.length > 0) await run.report({ lines: locked });
    after = last.position;
    done += questions.length;
    await onProgress(done, total);
  }
  await settle(run, unsettled);
}

/**
 * A line about locked fields that keep their value. It comes once, because the person is not checked again while
 * nothing changes.
 */
function lockedLines(question: PlacedQuestion, decision: Decision, settings: PlanSettings): NewLogLine[] {
  if (decision.kind === 'skip' || decision.kind === 'create') return [];
  const { contact } = decision;
  const fields = keptByLock(question, settings);
  return fields.length === 0
    ? []
    : [lines.fieldsLocked(contact.values.DISPLAY_NAME ?? '', fields, question.person, contact.id)];
}

/** The parts of the plan that can be settled only when everybody is decided. */
type Unsettled = { rivals: Rivals; takers: Taker[]; takingOver: TakingOver[]; waiting: Waiting[] };

function remember(unsettled: Unsettled, question: PlacedQuestion, decision: Decision): void {
  if (decision.kind === 'asBefore') return;
  const { position, person } = question;
  const skipped = decision.kind === 'skip';
  if (decision.claim !== null)
    unsettled.rivals.add({ ...decision.claim, position, person, skipped, ...contactOf(question) });
  if (decision.kind === 'skip') return;
  const { linked, holder } = question;
  if (decision.kind !== 'create' && (linked ?? holder)?.own === null) {
    const { id: contactId, values } = decision.contact;
    const contactName = values.DISPLAY_NAME ?? null;
    unsettled.takers.push({ position, person, contactId, contactName, byId: linked !== null });
  }
  const { onlyIf } = decision;
  if (onlyIf.kind === 'contactLost')
    unsettled.takingOver.push({ position, contactId: onlyIf.contactId, otherwise: onlyIf.otherwise });
  if (onlyIf.kind === 'addressFreed')
    unsettled.waiting.push({ position, waitsForContact: onlyIf.contactId, otherwise: onlyIf.otherwise });
}

async function settle(run: PlanTables, { rivals, takers, takingOver, waiting }: Unsettled): Promise<void> {
  const positions = new Set<number>();
  for (const refused of slices(rivals.refused(), pageSize)) {
    await run.refuse(refused);
    for (const { position } of refused) positions.add(position);
  }
  const isOpen = ({ position }: { position: number }): boolean => !positions.has(position);
  const refusedTakers = settleTakers(takers.filter(isOpen));
  await refuse(run, refusedTakers);
  for (const { position } of refusedTakers) positions.add(position);
  await settleTakeovers(run, takingOver.filter(isOpen));
  await settleWaiting(run, waiting.filter(isOpen));
}

async function settleTakeovers(run: PlanTables, takingOver: readonly TakingOver[]): Promise<void> {
  for (const some of slices(takingOver, takeoversAtOnce)) {
    const planned = await run.plannedAddresses(some.map(({ contactId }) => contactId));
    const { refused, lost } = settleLost(some, planned);
    await refuse(run, refused);
    if (lost.length > 0) await run.noteTakeovers(lost, takenOver);
  }
}

async function settleWaiting(run: PlanTables, waiting: readonly Waiting[]): Promise<void> {
  if (waiting.length === 0) return;
  const planned = await run.plannedAddresses(waiting.map(({ waitsForContact }) => waitsForContact));
  const { refused, together } = settleHandovers(waiting, planned);
  await refuse(run, refused);
  if (together.length > 0) await run.markHandovers(together);
}

async function refuse(run: PlanTables, refused: readonly Refusal[]): Promise<void> {
  for (const slice of slices(refused, pageSize)) await run.refuse(slice);
}

/** Most contacts have, before or after, the values of the staged row. Those need not be sent and indexed again. */
function decided({ position, values }: PlacedQuestion, decision: Decision, workspaceId: string): Decided {
  if (decision.kind === 'skip' || decision.kind === 'asBefore')
    return { position, decision, staged: { before: false, after: false }, indexed: null, keepsManager: false };
  const { after } = decision;
  const isStaged = sameValues(after, values);
  if (decision.kind === 'create')
    return { position, decision, staged: { before: false, after: isStaged }, indexed: null, keepsManager: false };
  const before = sameValues(decision.contact.values, values);
  return {
    position,
    decision,
    staged: { before, after: isStaged },
    indexed: isStaged ? null : indexed(after, workspaceId),
    keepsManager: after.MANAGER !== values.MANAGER,
  };
}

/** Whether an absent person is one of those about whom the read is unsure, by their name in the source. */
export function keepUnsure(unsure: Unsure | undefined, { ofPerson, ofValue }: PersonNames) {
  const names = new Set(unsure?.names.map(ofValue));
  return ({ person, externalId }: AbsentPerson): boolean =>
    names.size > 0 && names.has(ofPerson({ name: person, id: externalId }));
}

/**
 * Plans what happens to people who are gone, list by list, and counts the people who are newly gone. Nothing happens to people
 * whom `keeps` names.
 */
export function planRemovals(run: PlanTables, removal: RemovalPolicy, keeps: (person: AbsentPerson) => boolean) {
  let position: number = planPositions.removals;
  let newlyGone = 0;
  return {
    plan: async (externalIds: readonly string[]): Promise<void> => {
      for (const ids of slices(externalIds, goneAtOnce)) {
        const { at, people: absent } = await run.absentPeople(ids);
        const people = absent.filter((person) => !keeps(person));
        const decide = (person: AbsentPerson) => ({ person, outcome: planAbsent(person, removal, at) });
        const planned: PlannedAbsence[] = [];
        for (const { person, outcome } of await mapInSlices(people, turnAfterGone, decide)) {
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
