/** An address that a person of the read would get, once their draft is brought into their contact. */
export type Claim = {
  position: number;
  person: string;
  address: string;
  /** As that of a contact which is theirs already. */
  keeps: boolean;
  /** They are skipped for another reason, which does not make the address anybody else's. */
  skipped: boolean;
};

export type Rivals = {
  add(claim: Claim): void;
  /**
   * Who of a read can't have their address because somebody else of it claims it, too: all of them, but for who keeps it.
   * One after another, so that who takes them may pause: they may be everybody.
   */
  refused(): Generator<{ position: number; reason: string }>;
};

/** Claims of one address; of those who keep it only two are needed to tell each claimant of another. */
type Shared = { claims: Claim[]; keepers: Claim[] };

/** Gathers who claims which address. Each claim is looked at once when it is added and once when all are settled. */
export const gatherRivals = (): Rivals => {
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
          if (rival !== undefined && !claim.skipped) yield { position: claim.position, reason: rivalry(claim, rival) };
        }
    },
  };
};

const rivalOf = (claim: Claim, { claims, keepers }: Shared): Claim | undefined => {
  const another = ([one, two]: readonly Claim[]): Claim | undefined => (one === claim ? two : one);
  return claim.keeps ? another(keepers) : (keepers[0] ?? another(claims));
};

const rivalry = ({ person, address }: Claim, rival: Claim): string =>
  `The address ${address} is claimed by several people: ${person} and ${rival.person}. Give each an address of their own.`;
