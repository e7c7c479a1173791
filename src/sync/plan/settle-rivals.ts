import type { Claim, Refusal } from '../../core/plan.ts';
import { leftAlone } from './plan-person.ts';
import { claimedBySeveral, goesTo } from './sentences.ts';

/** A claim and its person. */
export type PersonsClaim = Claim & {
  position: number;
  person: string;
  /** The person's contact. */
  contactId: string | null;
  contactName: string | null;
  /** The person is skipped for another reason. Their claim still counts against others. */
  skipped: boolean;
};

/** Collects claims, then yields the people who can't have their address. */
export type Rivals = {
  add(claim: PersonsClaim): void;
  /**
   * Yields the people who can't have their address because others in the same read claim it: all claimants, except one who keeps
   * it. It is a generator, so that the caller can pause: it may be very many.
   */
  refused(): Generator<Refusal>;
};

/** All claims to one address. Two keepers are enough to name a rival for each claimant. */
type Shared = { claims: PersonsClaim[]; keepers: PersonsClaim[] };

/** Collects the claims to addresses. Each claim is processed twice: when it is added, and when all are settled. */
export function gatherRivals(): Rivals {
  const byAddress = new Map<string, Shared>();
  return {
    add: (claim) => {
      const address = claim.address.toLowerCase();
      const shared = byAddress.get(address) ?? { claims: [], keepers: [] };
      if (shared.claims.length === 0) byAddress.set(address, shared);
      shared.claims.push(claim);
      if (claim.keeps && shared.keepers.length < 2) shared.keepers.push(claim);
    },
    refused: function* () {
      for (const shared of byAddress.values())
        for (const claim of shared.claims) {
          const rival = rivalOf(claim, shared);
          if (rival !== undefined && !claim.skipped) yield refusal(claim, rival);
        }
    },
  };
}

function rivalOf(claim: PersonsClaim, { claims, keepers }: Shared): PersonsClaim | undefined {
  const another = ([one, two]: readonly PersonsClaim[]): PersonsClaim | undefined => (one === claim ? two : one);
  return claim.keeps ? another(keepers) : (keepers[0] ?? another(claims));
}

/** A person who would be linked to a contact that this connection does not feed yet. */
export type Taker = {
  position: number;
  person: string;
  contactId: string;
  contactName: string | null;
  /** Found by the stable id, not by the address. */
  byId: boolean;
};

/**
 * The people who can't have their contact because another person of the same read gets it. A connection feeds a contact with one person:
 * with the one who was found by the id before those found by the address, else with the first one.
 */
export function settleTakers(takers: readonly Taker[]): Refusal[] {
  const best = new Map<string, Taker>();
  for (const taker of takers) {
    const other = best.get(taker.contactId);
    if (other === undefined || (taker.byId && !other.byId)) best.set(taker.contactId, taker);
  }
  return takers.flatMap((taker) => {
    const winner = best.get(taker.contactId);
    if (winner === undefined || winner === taker) return [];
    const reason = goesTo(taker.contactName ?? '', taker.contactId, taker.person, winner.person);
    return { position: taker.position, skip: { ...leftAlone(taker, reason), code: 'CONTACT_CLAIMED' } };
  });
}

function refusal(claim: PersonsClaim, rival: PersonsClaim): Refusal {
  return {
    position: claim.position,
    skip: leftAlone(claim, claimedBySeveral(claim.address, claim.person, rival.person)),
  };
}
