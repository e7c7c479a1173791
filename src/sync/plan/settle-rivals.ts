import type { Claim, Refusal } from '../../core/plan.ts';
import { leftAlone } from './plan-person.ts';
import { claimedBySeveral } from './sentences.ts';

/** A claim, and whose it is. */
export type PersonsClaim = Claim & {
  position: number;
  person: string;
  /** The contact that they have. */
  contactId: string | null;
  contactName: string | null;
  /** They are skipped for another reason, which does not make the address anybody else's. */
  skipped: boolean;
};

export type Rivals = {
  add(claim: PersonsClaim): void;
  /**
   * Gives the people of a read who can't have their address because somebody else of it claims it, too: all of them, except
   * the one who keeps it. One after another, so that the caller may pause: they may be everybody.
   */
  refused(): Generator<Refusal>;
};

/** Claims of one address; of those who keep it only two are needed to tell each claimant of another. */
type Shared = { claims: PersonsClaim[]; keepers: PersonsClaim[] };

/** Gathers who claims which address. Each claim is looked at once when it is added and once when all are settled. */
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

function refusal(claim: PersonsClaim, rival: PersonsClaim): Refusal {
  return {
    position: claim.position,
    skip: leftAlone(claim, claimedBySeveral(claim.address, claim.person, rival.person)),
  };
}
