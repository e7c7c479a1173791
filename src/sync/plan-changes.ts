import type { ConnectionSettings } from '../core/connection.ts';
import { indexed } from '../core/search-index.ts';
import { type Decision, planPositions, type Rank, type SyncRun } from '../core/sync-store.ts';
import { planPerson } from './plan/plan-person.ts';
import { settleHandovers, type Waiting } from './plan/settle-handovers.ts';

/** Questions decided at a time. */
const pageSize = 1000;

export type PlanInput = {
  run: SyncRun;
  workspaceId: string;
  settings: ConnectionSettings;
  rank: Rank;
  onProgress: (decided: number, total: number) => Promise<void>;
  signal: AbortSignal;
};

/**
 * Decides about everybody who can't simply be created: page by page what each becomes, then, over all, whose address is
 * free by then.
 */
export const planChanges = async ({
  run,
  workspaceId,
  settings,
  rank,
  onProgress,
  signal,
}: PlanInput): Promise<void> => {
  const total = await run.findQuestions();
  const waiting: Waiting[] = [];
  const takingOver: TakingOver[] = [];
  let decided = 0;
  for (let after = -1; decided < total; ) {
    signal.throwIfAborted();
    const questions = await run.questions(after, pageSize);
    const last = questions.at(-1);
    if (last === undefined) break;
    const decisions = questions.map((question) =>
      planPerson(question, { mappings: settings.mappings, matchBy: settings.matchBy, rank }),
    );
    await run.decide(decisions.map((decision) => ({ decision, indexed: indexOf(decision, workspaceId) })));
    for (const decision of decisions) {
      if (decision.waitsFor !== null) waiting.push(waitingOf(decision, decision.waitsFor));
      if (decision.takesOver !== null) takingOver.push({ position: decision.position, ...decision.takesOver });
    }
    after = last.position;
    decided += questions.length;
    await onProgress(decided, total);
  }
  if (takingOver.length > 0) await refuseTakeovers(run, takingOver);
  if (waiting.length > 0) await settle(run, waiting);
};

/** Somebody who would get the contact of a person of the same connection who is gone. */
type TakingOver = { position: number; contactId: string; skipReason: string };

/** Stable ids go first: a person who turns out to be in this read keeps the contact. */
const refuseTakeovers = async (run: SyncRun, takingOver: readonly TakingOver[]): Promise<void> => {
  const planned = await run.plannedAddresses(takingOver.map(({ contactId }) => contactId));
  const kept = new Map<string, number[]>();
  for (const { contactId, position } of planned)
    if (position >= planPositions.people) kept.set(contactId, [...(kept.get(contactId) ?? []), position]);
  const refused = takingOver.filter(({ contactId, position }) =>
    kept.get(contactId)?.some((other) => other !== position),
  );
  if (refused.length > 0)
    await run.refuse(refused.map(({ position, skipReason }) => ({ position, reason: skipReason })));
};

const indexOf = ({ action, after }: Decision, workspaceId: string) =>
  action === 'CREATE' || action === 'SKIP' || action === 'NONE' || after === null ? null : indexed(after, workspaceId);

const waitingOf = ({ position, contactId }: Decision, waitsFor: NonNullable<Decision['waitsFor']>): Waiting => ({
  position,
  contactId,
  waitsForContact: waitsFor.contactId,
  skipReason: waitsFor.skipReason,
});

const settle = async (run: SyncRun, waiting: readonly Waiting[]): Promise<void> => {
  const planned = await run.plannedAddresses(waiting.map(({ waitsForContact }) => waitsForContact));
  const { refused, together } = settleHandovers(waiting, planned);
  if (refused.length > 0) await run.refuse(refused);
  if (together.length > 0) await run.markHandovers(together);
};
