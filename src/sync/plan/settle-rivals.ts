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

/**
 * Finds who of a read can't have their address because somebody else of it claims it, too: all of them, but for who keeps
 * it. Pure.
 */
export const settleRivals = (claims: readonly Claim[]): { position: number; reason: string }[] =>
  [...Map.groupBy(claims, ({ address }) => address.toLowerCase()).values()].flatMap((shared) => {
    const keepers = shared.filter(({ keeps }) => keeps);
    return shared.flatMap((claim) => {
      const others = claim.keeps ? keepers : [...keepers, ...shared];
      const rival = others.find((other) => other !== claim);
      return rival === undefined || claim.skipped ? [] : [{ position: claim.position, reason: rivalry(claim, rival) }];
    });
  });

const rivalry = ({ person, address }: Claim, rival: Claim): string =>
  `The address ${address} is claimed by several people: ${person} and ${rival.person}. Give each an address of their own.`;
