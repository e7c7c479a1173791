/** A change that may go ahead only if the contact that holds its address gives it up in the same plan. */
export type Waiting = { position: number; contactId: string | null; waitsForContact: string; skipReason: string };

/** What the plan has for a contact: the address it will hold afterwards; null: none. */
export type PlannedAddress = { contactId: string; position: number; freesAddress: boolean };

export type Settlement = {
  /** Changes that can't have their address. */
  refused: { position: number; reason: string }[];
  /** Changes between which addresses pass, to be applied all at once. */
  together: number[];
};

/**
 * Decides which of the waiting changes go ahead. Each waits for one contact; that contact frees its address if the plan
 * has a change that does, and if that change is not itself refused. A ring, in which everybody waits for the next, is fine:
 * the addresses go round.
 */
export const settleHandovers = (waiting: readonly Waiting[], planned: readonly PlannedAddress[]): Settlement => {
  const plannedFor = new Map(planned.map((change) => [change.contactId, change]));
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
      const freeing = plannedFor.get(current.waitsForContact);
      if (freeing === undefined || !freeing.freesAddress) {
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
    const freeing = plannedFor.get(change.waitsForContact);
    if (outcome.get(change.position) === 'refused' || freeing === undefined)
      refused.push({ position: change.position, reason: change.skipReason });
    else together.add(change.position).add(freeing.position);
  }
  return { refused, together: [...together] };
};
