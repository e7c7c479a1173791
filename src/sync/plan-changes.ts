import type { ConnectionSettings } from '../core/connection.ts';
import type { ContactValues } from '../core/contact.ts';
import { mapInSlices, slices } from '../core/in-slices.ts';
import {
  type Decided,
  type Decision,
  planPositions,
  type Question,
  type Rank,
  type StagedCounts,
  type SyncRun,
} from '../core/sync-store.ts';
import { indexed } from '../search/contact-index.ts';
import { planPerson, sameValues } from './plan/plan-person.ts';
import { settleHandovers, type Waiting } from './plan/settle-handovers.ts';
import { gatherRivals, type Rivals } from './plan/settle-rivals.ts';

/** Questions decided, and decisions taken back, at a time. */
const pageSize = 1000;
/** Questions after which the event loop turns. */
const atOnce = 50;

export type PlanInput = {
  run: SyncRun;
  staged: StagedCounts;
  workspaceId: string;
  settings: ConnectionSettings;
  rank: Rank;
  onProgress: (decided: number, total: number) => Promise<void>;
  signal: AbortSignal;
};

/**
 * Decides about everybody who can't simply be created: page by page what each becomes, then, over all, who can't have their
 * address because others claim it, and whose address is free by then.
 */
export const planChanges = async ({
  run,
  staged,
  workspaceId,
  settings,
  rank,
  onProgress,
  signal,
}: PlanInput): Promise<void> => {
  const total = await run.findQuestions(staged);
  const unsettled: Unsettled = { rivals: gatherRivals(), takingOver: [], waiting: [] };
  let done = 0;
  for (let after = -1; done < total; ) {
    signal.throwIfAborted();
    const questions = await run.questions(after, pageSize);
    const last = questions.at(-1);
    if (last === undefined) break;
    const decisions = await mapInSlices(questions, atOnce, (question) => {
      const decision = planPerson(question, { mappings: settings.mappings, matchBy: settings.matchBy, rank });
      return decided(question, decision, workspaceId);
    });
    await run.decide(decisions);
    for (const { decision } of decisions) remember(unsettled, decision);
    after = last.position;
    done += questions.length;
    await onProgress(done, total);
  }
  await settle(run, unsettled);
};

/** Somebody who would get the contact of a person of the same connection who is gone. */
type TakingOver = { position: number; contactId: string; skipReason: string };

/** What can only be told when everybody is decided. */
type Unsettled = { rivals: Rivals; takingOver: TakingOver[]; waiting: Waiting[] };

const remember = (
  unsettled: Unsettled,
  { position, action, contactId, claims, takesOver, waitsFor }: Decision,
): void => {
  if (claims !== null) unsettled.rivals.add({ position, skipped: action === 'SKIP', ...claims });
  if (takesOver !== null) unsettled.takingOver.push({ position, ...takesOver });
  if (waitsFor !== null)
    unsettled.waiting.push({
      position,
      contactId,
      waitsForContact: waitsFor.contactId,
      skipReason: waitsFor.skipReason,
    });
};

const settle = async (run: SyncRun, { rivals, takingOver, waiting }: Unsettled): Promise<void> => {
  const positions = new Set<number>();
  for (const refused of slices(rivals.refused(), pageSize)) {
    await run.refuse(refused);
    for (const { position } of refused) positions.add(position);
  }
  const isOpen = ({ position }: { position: number }): boolean => !positions.has(position);
  await settleTakeovers(run, takingOver.filter(isOpen));
  await settleWaiting(run, waiting.filter(isOpen));
};

/** Stable ids go first: a person who turns out to be in this read keeps the contact. */
const settleTakeovers = async (run: SyncRun, takingOver: readonly TakingOver[]): Promise<void> => {
  if (takingOver.length === 0) return;
  const planned = await run.plannedAddresses(takingOver.map(({ contactId }) => contactId));
  const kept = new Map<string, number[]>();
  for (const { contactId, position } of planned)
    if (position >= planPositions.people) {
      const positions = kept.get(contactId);
      if (positions === undefined) kept.set(contactId, [position]);
      else positions.push(position);
    }
  const isKept = ({ contactId, position }: TakingOver): boolean =>
    kept.get(contactId)?.some((other) => other !== position) ?? false;
  const refused = takingOver.filter(isKept);
  const taken = takingOver.filter((one) => !isKept(one));
  for (const slice of slices(refused, pageSize))
    await run.refuse(slice.map(({ position, skipReason }) => ({ position, reason: skipReason })));
  if (taken.length > 0) await run.noteTakeovers(taken.map(({ contactId }) => contactId));
};

const settleWaiting = async (run: SyncRun, waiting: readonly Waiting[]): Promise<void> => {
  if (waiting.length === 0) return;
  const planned = await run.plannedAddresses(waiting.map(({ waitsForContact }) => waitsForContact));
  const { refused, together } = settleHandovers(waiting, planned);
  for (const slice of slices(refused, pageSize)) await run.refuse(slice);
  if (together.length > 0) await run.markHandovers(together);
};

/** Most contacts are, before or after, what the directory says: that need not be sent and indexed once more. */
const decided = ({ values }: Question, decision: Decision, workspaceId: string): Decided => {
  const { action, before, after } = decision;
  const staged = { before: isSame(before, values), after: isSame(after, values) };
  const indexes = action === 'UPDATE' || action === 'LINK' || action === 'REACTIVATE';
  return { decision, staged, indexed: indexes && !staged.after && after !== null ? indexed(after, workspaceId) : null };
};

const isSame = (side: ContactValues | null, values: ContactValues): boolean =>
  side !== null && sameValues(side, values);
