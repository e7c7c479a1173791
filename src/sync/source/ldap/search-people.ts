import type { Arrivals, FeedEnd } from '../../../core/arrivals.ts';
import type { Entry, SourceNote } from '../../../core/entry.ts';
import type { ReadRequest } from '../../../core/source-session.ts';
import { canonicalDn } from './dn.ts';
import { maxValues } from './entry-decoder.ts';
import { encodeFilter, type LdapFilter } from './filter/filter.ts';
import { findIdAttribute, noReadableId } from './id-attribute.ts';
import { accountOf } from './ldap-settings.ts';
import { PersonDecoder } from './person-decoder.ts';
import { checkBase, type Reached } from './reach.ts';
import { readPages, readRange } from './read-parts.ts';
import { type Elsewhere, ReferralsMet } from './referrals.ts';
import { readServerInfo, whoAmI } from './root-dse.ts';
import { planScope } from './scope-plan.ts';

/** Searches everybody in scope, base by base and page by page (see SourceSession). */
export async function searchPeople(
  reached: Reached,
  request: ReadRequest,
  arrivals: Arrivals,
  signal: AbortSignal,
): Promise<void> {
  const release = reached.connection.obey(signal);
  try {
    const scope = await planScope(reached, request.scope);
    const { filter } = scope;
    const id = await findIdAttribute(reached, filter);
    if (!id.readable) throw noReadableId(id, reached);
    const read: Read = {
      reached,
      filter,
      decoder: new PersonDecoder(request.attributes, {
        idAttribute: id.attribute,
        flavour: reached.server.flavour,
        membership: scope.membership,
        at: request.at,
      }),
      arrivals,
      signal,
      referrals: new ReferralsMet(),
      progress: { pages: 0 },
    };
    let { doubt } = scope;
    for (const baseDn of distinctBases(reached.settings.baseDns)) doubt = (await readBase(read, baseDn)) ?? doubt;
    doubt = (await otherServerOrAccount(reached)) ?? doubt;
    await scope.confirm();
    arrivals.end(endOf(doubt, read.referrals.settle(reached), scope.notes));
  } finally {
    release();
  }
}

type Read = {
  reached: Reached;
  filter: LdapFilter;
  decoder: PersonDecoder;
  arrivals: Arrivals;
  signal: AbortSignal;
  referrals: ReferralsMet;
  progress: { pages: number };
};

/** Keeps a base that is inside another one: it can be in its own partition, which the outer search does not enter. */
function distinctBases(baseDns: readonly string[]): string[] {
  return [...new Map(baseDns.map((dn) => [canonicalDn(dn), dn])).values()];
}

/** Returns why the read may be incomplete, or null. */
async function readBase(
  { reached, filter, decoder, arrivals, signal, referrals, progress }: Read,
  baseDn: string,
): Promise<string | null> {
  const delivery = deliverInOrder(arrivals);
  let anybody = false;
  const sink = {
    entry: (bytes: Buffer, at: number, end: number) => {
      anybody = true;
      delivery.add(decoder.decode(bytes, at, end), decoder.unfinished.length === 0);
    },
    references: (urls: string[]) => referrals.add(urls),
  };
  const takePage = async (): Promise<void> => {
    delivery.endPage();
    if (decoder.unfinished.length > 0) await finishRanges(reached, decoder);
  };
  const deliver = async (): Promise<number> => {
    const news = await delivery.deliverPage();
    signal.throwIfAborted();
    return news;
  };
  const proven = await readPages(reached, {
    search: { baseDn, scope: 'sub', filter: encodeFilter(filter), attributes: decoder.attributes },
    sink,
    onPage: deliver,
    beforeNext: takePage,
    progress,
  });
  if (!proven)
    return `The server answered the search of "${baseDn}" without paging, so nothing proves that it was complete.`;
  return anybody ? null : await hiddenBase(reached, baseDn);
}

/** A server that hides all from an account answers a search as if nobody were there. Returns the doubt, or null. */
async function hiddenBase(reached: Reached, baseDn: string): Promise<string | null> {
  if (await checkBase(reached, baseDn)) return null;
  return `Neither "${baseDn}" nor anybody below it can be seen by ${accountOf(reached.settings) === null ? 'everybody' : 'the account'}, so nothing proves that nobody is there.`;
}

/** People delivered at a time while their page still arrives. A small number: their objects die young, which is cheap. */
const peopleAtOnce = 200;

/**
 * Delivers people in the order in which they come: some at a time while a page arrives, the rest at its end. Until then people of
 * the next page are only collected. So are all who come while the source is held back.
 */
function deliverInOrder(arrivals: Arrivals) {
  let gathered: Entry[] = [];
  /** The people of a finished page who are not delivered yet. */
  let rest: Entry[] | null = null;
  let heldBack: Promise<void> | null = null;
  let news = 0;
  const deliver = (entries: Entry[]): void => {
    const brought = entries.length === 0 ? 0 : arrivals.present(entries);
    if (typeof brought === 'number') news += brought;
    else {
      heldBack = brought.then((more) => {
        news += more;
        heldBack = null;
      });
      // An error is thrown at the end of the page.
      heldBack.catch(() => {});
    }
  };
  return {
    /** `whole`: nobody of the page has an attribute that is still to be completed. */
    add(entry: Entry, whole: boolean): void {
      gathered.push(entry);
      if (gathered.length < peopleAtOnce || !whole || rest !== null || heldBack !== null) return;
      const entries = gathered;
      gathered = [];
      deliver(entries);
    },
    endPage(): void {
      rest = gathered;
      gathered = [];
    },
    /** Returns how many new people were delivered since the last page. */
    async deliverPage(): Promise<number> {
      await heldBack;
      deliver(rest ?? []);
      await heldBack;
      rest = null;
      const brought = news;
      news = 0;
      return brought;
    },
  };
}

/** Reads the rest of attributes that came in part (`proxyAddresses;range=0-1499`). */
async function finishRanges(reached: Reached, decoder: PersonDecoder): Promise<void> {
  for (const { entry, range } of decoder.unfinished.splice(0)) {
    const { values, undecodable } = await readRange(reached, entry.name, range.name, range.next);
    const fits = append(entry, range.slot, values);
    if (undecodable || !fits) entry.undecodable = [...new Set([...entry.undecodable, range.name])];
  }
}

/** Adds values. Returns false when some did not fit and were left out. */
function append(entry: Entry, slot: number, more: string[]): boolean {
  const values = [entry.attributes[slot] ?? [], more].flat();
  const kept = values.slice(0, maxValues);
  entry.attributes = entry.attributes.map((value, i) => (i === slot ? kept : value));
  return values.length <= maxValues;
}

/** Checks at the end whether server and account are still the same. Returns what is not, or null. */
async function otherServerOrAccount(reached: Reached): Promise<string | null> {
  const { connection, settings, server, account } = reached;
  const now = await readServerInfo(connection, settings);
  if (now.identity !== server.identity) return 'Another server answered at the end than at the beginning.';
  if ((await whoAmI(connection, server)) !== account)
    return 'The server took us for another account at the end than at the beginning.';
  return null;
}

function endOf(doubt: string | null, elsewhere: Elsewhere, notes: readonly SourceNote[]): FeedEnd {
  const because = doubt ?? elsewhere.doubt;
  const { referrals } = elsewhere;
  return { complete: because === null, because, cursor: null, referrals, notes: [...notes, ...elsewhere.notes] };
}
