import type { PlannedAddress, Refusal, Skip } from '../../core/plan.ts';
import { planPositions } from '../../core/sync-store.ts';

/** A change that can be applied only if another contact gives up the address in the same plan. */
export type Waiting = { position: number; waitsForContact: string; otherwise: Skip };

/** The result for changes that waited for an address. */
export type Settlement = {
  /** Changes that can't get their address. */
  refused: Refusal[];
  /** Positions of changes that pass addresses to each other. They must be applied together. */
  together: number[];
};

/** Whether the row takes the address from its contact. */
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
 * Decides which of the waiting changes can be applied. Each waits for one contact. The contact gives up its address if the plan
 * has a change that does this and is not refused itself. A ring, in which each change waits for the next, is fine: the addresses
 * go round.
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

/** A newcomer who would take over the contact of a person who is gone. This connection has both people. */
export type TakingOver = { position: number; contactId: string; otherwise: Skip };

/** A person who is in this read after all keeps the contact, because the id counts more than the address. `lost`: the contacts that are taken over. */
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
