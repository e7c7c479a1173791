import type { PlannedAddress, Refusal, Skip } from '../../core/plan.ts';
import { planPositions } from '../../core/sync-store.ts';

/** A change that may go ahead only if the contact that holds its address gives it up in the same plan. */
export type Waiting = { position: number; waitsForContact: string; otherwise: Skip };

export type Settlement = {
  /** Changes that can't have their address. */
  refused: Refusal[];
  /** Changes between which addresses pass, to be applied all at once. */
  together: number[];
};

/** Whether the contact no longer has its address when the row has been applied. */
function freesAddress({ action, addressNow, addressThen }: PlannedAddress): boolean {
  switch (action) {
    case 'DEACTIVATE':
    case 'DELETE':
      return true;
    case 'UPDATE':
    case 'LINK':
      return addressThen !== addressNow;
    case 'CREATE':
    case 'REACTIVATE':
    case 'SKIP':
    case 'NONE':
      return false;
  }
}

/**
 * Decides which of the waiting changes go ahead. Each waits for one contact; that contact frees its address if the plan
 * has a change that does, and if that change is not itself refused. A ring, in which everybody waits for the next, is fine:
 * the addresses go round.
 */
export function settleHandovers(waiting: readonly Waiting[], planned: readonly PlannedAddress[]): Settlement {
  const freeingOf = new Map(planned.filter(freesAddress).map((change) => [change.contactId, change]));
  const waitingOf = new Map(waiting.map((change) => [change.position, change]));
  const outcome = new Map<number, 'open' | 'fine' | 'refused'>();

  const settle = (start: Waiting): void => {
    const chain: Waiting[] = [];
    let current: Waiting | undefined = start;
    let result: 'fine' | 'refused' = 'fine';
    while (current !== undefined) {
      const known = outcome.get(current.position);
      if (known === 'refused') result = 'refused';
      if (known !== undefined) break;
      outcome.set(current.position, 'open');
      chain.push(current);
      const freeing = freeingOf.get(current.waitsForContact);
      if (freeing === undefined) {
        result = 'refused';
        break;
      }
      current = waitingOf.get(freeing.position);
    }
    for (const change of chain) outcome.set(change.position, result);
  };

  const refused: Settlement['refused'] = [];
  const together = new Set<number>();
  for (const change of waiting) if (!outcome.has(change.position)) settle(change);
  for (const change of waiting) {
    const freeing = freeingOf.get(change.waitsForContact);
    if (outcome.get(change.position) === 'refused' || freeing === undefined)
      refused.push({ position: change.position, skip: change.otherwise });
    else together.add(change.position).add(freeing.position);
  }
  return { refused, together: [...together] };
}

/** Somebody who would get the contact of a person of the same connection who is gone. */
export type TakingOver = { position: number; contactId: string; otherwise: Skip };

/** Stable ids go first: a person who turns out to be in this read keeps the contact. Gives the contacts that have lost theirs. */
export function settleLost(
  takingOver: readonly TakingOver[],
  planned: readonly PlannedAddress[],
): { refused: Refusal[]; lost: string[] } {
  const rowsOf = Map.groupBy(
    planned.filter(({ position }) => position >= planPositions.people),
    ({ contactId }) => contactId,
  );
  const isKept = ({ contactId, position }: TakingOver): boolean =>
    rowsOf.get(contactId)?.some((other) => other.position !== position) ?? false;
  return {
    refused: takingOver.filter(isKept).map(({ position, otherwise }) => ({ position, skip: otherwise })),
    lost: takingOver.filter((one) => !isKept(one)).map(({ contactId }) => contactId),
  };
}
