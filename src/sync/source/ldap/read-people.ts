import type { Arrivals } from '../../../core/arrivals.ts';
import { deliverInOrder } from './deliver-people.ts';
import { encodeFilter } from './filter/filter.ts';
import { finishRanges } from './finish-ranges.ts';
import { Sweep, type SweepInput } from './incremental/sweep.ts';
import type { LdapPerson, PersonDecoder } from './person-decoder.ts';
import { contextOf } from './reach.ts';
import { resultError } from './result-error.ts';
import { type ScopeSearch, searchScope } from './search-scope.ts';

/** A read of people. `taken` is called for each person whom the run has taken in. */
export type PeopleRead = {
  search: ScopeSearch;
  decoder: PersonDecoder;
  arrivals: Arrivals;
  taken: (person: LdapPerson) => void;
};

/** Reads everybody in scope. Returns why the read may be incomplete, or null. */
export function readEverybody({ search, decoder, arrivals, taken }: PeopleRead): Promise<string | null> {
  const delivery = deliverInOrder(arrivals, taken);
  return searchScope(search, {
    attributes: decoder.attributes,
    entry: (bytes, at, end) => delivery.add(decoder.decode(bytes, at, end), decoder.unfinished.length === 0),
    beforeNext: async () => {
      delivery.endPage();
      if (decoder.unfinished.length > 0) await finishRanges(search.reached, decoder);
    },
    onPage: () => delivery.deliverPage(),
  });
}

/**
 * Reads who is in scope, and in full only people who have changed. Reads everybody when they are too many, or when one of them can't
 * be found by their DN any more. Returns why the read may be incomplete, or null.
 */
export async function readChanges(read: PeopleRead, input: SweepInput): Promise<string | null> {
  const { search, arrivals, taken } = read;
  const sweep = new Sweep(input);
  const doubt = await searchScope(search, {
    attributes: sweep.attributes,
    entry: (bytes, at, end) => sweep.take(bytes, at, end),
    onPage: () => (sweep.hasEnough ? 'enough' : sweep.takeNews()),
  });
  const people = sweep.whyEverybody() === null ? await readByDn(read, sweep.wanted) : null;
  if (people === null) {
    arrivals.startOver(sweep.whyEverybody() ?? 'People have moved while the directory was read.');
    return readEverybody(read);
  }
  await arrivals.present(people, taken);
  return doubt;
}

/** Reads the people with these DNs. Null: one of them is not there any more, or is not in scope. */
async function readByDn({ search, decoder }: PeopleRead, dns: readonly string[]): Promise<LdapPerson[] | null> {
  const { reached, signal } = search;
  const filter = encodeFilter(search.filter);
  const people: LdapPerson[] = [];
  for (const dn of dns) {
    const before = people.length;
    const result = await reached.connection.search(
      { baseDn: dn, scope: 'base', filter, attributes: decoder.attributes },
      { entry: (bytes, at, end) => people.push(decoder.decode(bytes, at, end)), references: () => {} },
    );
    signal.throwIfAborted();
    if (goneCodes.has(result.code)) return null;
    if (result.code !== 0) throw resultError(result, contextOf(reached, dn, false));
    if (people.length !== before + 1) return null;
    if (decoder.unfinished.length > 0) await finishRanges(reached, decoder);
  }
  return people;
}

/** Referral, noSuchObject and invalidDNSyntax: the server has no entry with this DN, or does not take back what it sent. */
const goneCodes: ReadonlySet<number> = new Set([10, 32, 34]);
