import type { LookedUp } from '../core/source-session.ts';
import type { Tie, Trial } from '../core/trial.ts';

/** Looks people up in the source, as `lookUpPeople` does. */
export type LookUpAgain = (ids: readonly string[], addresses: readonly string[]) => Promise<readonly LookedUp[] | null>;

/**
 * `names`: the names of the people whom the source has, in scope or not. `ids`: also the ids of people whom it does not
 * have.
 */
export type Circle = { names: readonly string[]; ids: readonly string[] };

/** How often the source is asked again for people to whom an answer has led. */
const mostRounds = 4;
/** The most people, and the most addresses, that are followed. */
const mostFollowed = 50;

/**
 * Finds all people whose state decides about one person: those who claim the same address, those whose contact has it,
 * those who claim the addresses of these people, and so on. A run that knows only them decides about the person in the
 * same way as a run of everybody. `first`: the people with the person's id or address. Null: only a run of everybody
 * can decide.
 */
export async function findCircle(
  trial: Pick<Trial, 'ties'>,
  first: readonly LookedUp[],
  lookUp: LookUpAgain,
): Promise<Circle | null> {
  let people = first;
  let ids = new Set(first.map(({ id }) => id));
  let addresses = addressesOf(first);
  for (let round = 0; round <= mostRounds; round++) {
    const ties = await trial.ties([...ids], [...addresses]);
    if (ties === null) return null;
    const nextIds = new Set([...ids, ...people.map(({ id }) => id), ...ties.flatMap(idsOf)]);
    const nextAddresses = new Set([...addresses, ...addressesOf([...people, ...ties])]);
    if (nextIds.size === ids.size && nextAddresses.size === addresses.size)
      return isClear(people, ties) ? { names: people.map(({ name }) => name), ids: [...ids] } : null;
    if (nextIds.size > mostFollowed || nextAddresses.size > mostFollowed) return null;
    [ids, addresses] = [nextIds, nextAddresses];
    const found = await lookUp([...ids], [...addresses]);
    if (found === null) return null;
    people = found;
  }
  return null;
}

function addressesOf(those: readonly { address: string | null }[]): Set<string> {
  return new Set(those.flatMap(({ address }) => address ?? []));
}

function idsOf({ here, elsewhere }: Tie): string[] {
  return here === null ? [...elsewhere] : [here, ...elsewhere];
}

/**
 * Whether the order in which people arrive has no effect. It decides which of several rivals a sentence names, and
 * which of two people gets a contact that is known by the ids of both.
 */
function isClear(people: readonly LookedUp[], ties: readonly Tie[]): boolean {
  const there = new Set(people.map(({ id }) => id));
  // A person who returns can also claim the address of their contact.
  const claims = [...people, ...ties.filter(({ active }) => !active)].flatMap(({ address }) => address ?? []);
  const claimants = Map.groupBy(claims, (address) => address);
  return (
    [...claimants.values()].every(({ length }) => length <= 2) &&
    ties.every((tie) => new Set(idsOf(tie).filter((id) => there.has(id))).size <= 1)
  );
}
