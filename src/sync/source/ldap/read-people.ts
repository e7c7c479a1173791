import { AppError } from '../../../core/app-error.ts';
import type { Arrivals } from '../../../core/arrivals.ts';
import { slices } from '../../../core/fair-turns.ts';
import { PeopleDelivery } from './deliver-people.ts';
import { encodeFilter } from './filter/filter.ts';
import { finishRanges } from './finish-ranges.ts';
import { Sweep, type SweepInput } from './incremental/sweep.ts';
import type { LdapPerson, PersonDecoder } from './person-decoder.ts';
import { contextOf } from './reach.ts';
import { resultError } from './result-error.ts';
import { type ForEach, type ScopeSearch, searchScope } from './search-scope.ts';

/** A read of people. `taken` is called for each person whom the run has taken in. */
export type PeopleRead = {
  search: ScopeSearch;
  decoder: PersonDecoder;
  /** Resolves when people can be told of. */
  begun: Promise<Arrivals>;
  taken: (person: LdapPerson) => void;
};

/** Reads everybody in scope. Returns why the read may be incomplete, or null. */
export async function readEverybody({ search, decoder, begun, taken }: PeopleRead): Promise<string | null> {
  const { connection } = search.reached;
  const delivery = new PeopleDelivery({
    decoder,
    arrivals: await begun,
    taken,
    finishRanges: () => finishRanges(search.reached, decoder),
    refuse: (error) => connection.refuse(error),
  });
  try {
    return await searchScope(search, {
      attributes: decoder.attributes,
      entry: (bytes, at, end) => delivery.add(bytes, at, end),
      beforeNext: () => delivery.endPage(),
      onPage: (next) => delivery.deliverPage(next),
    });
  } finally {
    delivery.close();
  }
}

/**
 * Reads who is in scope, and in full only people who have changed. Reads everybody when they are too many, or when one of them can't
 * be found by their DN any more. Returns why the read may be incomplete, or null.
 */
export async function readChanges(read: PeopleRead, input: SweepInput): Promise<string | null> {
  const { search, begun, taken } = read;
  const sweep = new Sweep(input);
  const isBegun = begun.then((arrivals) => sweep.begin(arrivals));
  // A failure of the search comes after the beginning, too.
  const doubt = await sweepScope(search, sweep, isBegun).finally(() => isBegun);
  const arrivals = await begun;
  const people = sweep.whyEverybody() === null ? await readByDn(read, sweep.wanted) : null;
  if (people === null) {
    arrivals.startOver(sweep.whyEverybody() ?? 'People have moved while the directory was read.');
    return readEverybody(read);
  }
  await arrivals.present(people, taken);
  return doubt;
}

/**
 * So many times the people of a usual page are on a page of a sweep, where each has only a few bytes. At most
 * `largestPage`. OpenLDAP looks up all candidates again for each page, which costs a third of a sweep of 100,000 people
 * with a quarter of these pages.
 */
const pagesAtOnce = 20;
const largestPage = 20_000;

/**
 * Sweeps with large pages. A server that refuses them is asked for usual ones. Until the read has begun, some pages are gathered; then
 * the server has to wait.
 */
async function sweepScope(search: ScopeSearch, sweep: Sweep, isBegun: Promise<void>): Promise<string | null> {
  const { connection, settings } = search.reached;
  let anybody = false;
  const forEach: ForEach = {
    attributes: sweep.attributes,
    entry: (bytes, at, end) => {
      anybody = true;
      sweep.take(bytes, at, end);
    },
    onPage: async () => {
      if (sweep.holdsMuch) await isBegun;
      return sweep.hasEnough ? 'enough' : sweep.takeNews();
    },
  };
  try {
    return await searchScope(search, { ...forEach, pageSize: Math.min(largestPage, pagesAtOnce * settings.pageSize) });
  } catch (error) {
    if (!(error instanceof AppError) || anybody || !connection.isOpen) throw error;
    return searchScope(search, forEach);
  }
}

/** Requests that are on their way at a time, so that a distant server is not waited for once for each person. */
export const readAtOnce = 16;

/** Reads the people with these DNs. Null: `missing` is 'give up', and one of them is not there any more, or is not in scope. */
export async function readByDn(
  read: Pick<PeopleRead, 'search' | 'decoder'>,
  dns: readonly string[],
  missing: 'give up' | 'leave out' = 'give up',
): Promise<LdapPerson[] | null> {
  const { search, decoder } = read;
  const people: LdapPerson[] = [];
  for (const some of slices(dns, readAtOnce)) {
    const found = await Promise.all(some.map((dn) => readOne(read, dn)));
    search.signal.throwIfAborted();
    if (decoder.unfinished.length > 0) await finishRanges(search.reached, decoder);
    for (const { person } of found) {
      if (person !== null) people.push(person);
      else if (missing === 'give up') return null;
    }
  }
  return people;
}

/** Null: nobody in scope has this DN. `isThere`: but there is an entry with it. */
type OneRead = { person: LdapPerson | null; isThere: boolean };

/** Reads the person with this DN in full. */
export async function readOne(
  { search, decoder }: Pick<PeopleRead, 'search' | 'decoder'>,
  dn: string,
): Promise<OneRead> {
  const { connection } = search.reached;
  const found: LdapPerson[] = [];
  const result = await connection.search(
    { baseDn: dn, scope: 'base', filter: encodeFilter(search.filter), attributes: decoder.attributes },
    {
      entry: (bytes, at, end) => {
        if (found.length < 2) found.push(decoder.decode(bytes, at, end));
      },
      references: () => {},
    },
  );
  if (goneCodes.has(result.code)) return { person: null, isThere: false };
  if (result.code !== 0) throw resultError(result, contextOf(search.reached, dn, false));
  return { person: found.length === 1 ? (found[0] ?? null) : null, isThere: true };
}

/** Referral, noSuchObject and invalidDNSyntax: the server has no entry with this DN, or does not take back what it sent. */
const goneCodes: ReadonlySet<number> = new Set([10, 32, 34]);
