import { AppError } from '../../../core/app-error.ts';
import type { Arrivals, FeedEnd } from '../../../core/arrivals.ts';
import type { Entry, SourceNote } from '../../../core/directory.ts';
import { listed } from '../../../core/said-text.ts';
import type { ReadRequest } from '../../../core/source-session.ts';
import { canonicalDn } from './dn.ts';
import { maxValues } from './entry-decoder.ts';
import { encodeFilter, type LdapFilter } from './filter/filter.ts';
import { parseFilter } from './filter/parse-filter.ts';
import { scopeFilter } from './filter/scope-filter.ts';
import { planGroups } from './group-plan.ts';
import { findIdAttribute, noReadableId } from './id-attribute.ts';
import { PersonDecoder } from './person-decoder.ts';
import { type Reached, readServerInfo, whoAmI } from './reach.ts';
import { readPages, readRange } from './read-parts.ts';

/** Search references that are kept, to tell whether there are new ones the next time. */
export const maxReferrals = 1000;

/** Searches everybody in scope, base by base, page by page; see SourceSession. */
export async function searchPeople(
  reached: Reached,
  request: ReadRequest,
  arrivals: Arrivals,
  signal: AbortSignal,
): Promise<void> {
  const release = reached.connection.obey(signal);
  try {
    const own = ownFilter(request.scope.filter);
    const { plan: groups, notes } = await planGroups(reached, request.scope.groups);
    const filter = scopeFilter(
      request.scope,
      own,
      groups.kind === 'filter' ? groups.filter : null,
      reached.server.flavour,
    );
    const id = await findIdAttribute(reached, filter);
    if (!id.readable) throw noReadableId(id, reached);
    const read: Read = {
      reached,
      filter,
      decoder: new PersonDecoder(request.attributes, id.attribute, groups, request.at),
      arrivals,
      signal,
      referrals: new Set(),
      progress: { pages: 0 },
    };
    let doubt: string | null = null;
    for (const baseDn of distinctBases(reached.settings.baseDns)) doubt = (await readBase(read, baseDn)) ?? doubt;
    doubt = (await otherServerOrAccount(reached)) ?? doubt;
    arrivals.end(endOf(doubt, read.referrals, notes));
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
  referrals: Set<string>;
  progress: { pages: number };
};

function ownFilter(text: string | null): LdapFilter | null {
  if (text === null || text.trim() === '') return null;
  const parsed = parseFilter(text);
  if (parsed.kind === 'ok') return parsed.filter;
  throw new AppError(
    'FILTER_REFUSED',
    `The scope's filter has a mistake at character ${parsed.position + 1}: ${parsed.message}`,
    {
      hint: 'Mend the filter (RFC 4515).',
    },
  );
}

/** One base inside another is read twice: it may lie in a partition of its own that the outer search does not enter. */
function distinctBases(baseDns: readonly string[]): string[] {
  return [...new Map(baseDns.map((dn) => [canonicalDn(dn), dn])).values()];
}

/** Answers why the read can't be called complete, or null. */
async function readBase(
  { reached, filter, decoder, arrivals, signal, referrals, progress }: Read,
  baseDn: string,
): Promise<string | null> {
  const telling = tellInOrder(arrivals);
  const sink = {
    entry: (bytes: Buffer, at: number, end: number) => {
      telling.add(decoder.decode(bytes, at, end), decoder.unfinished.length === 0);
    },
    references: (urls: string[]) => {
      for (const url of urls) if (referrals.size <= maxReferrals) referrals.add(normalReferral(url));
    },
  };
  const takePage = async (): Promise<void> => {
    telling.endPage();
    if (decoder.unfinished.length > 0) await finishRanges(reached, decoder);
  };
  const deliver = async (): Promise<number> => {
    const news = await telling.tellPage();
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
  return proven
    ? null
    : `The server answered the search of "${baseDn}" without paging, so nothing proves that it was complete.`;
}

/** People told of at a time while their page still comes: few enough that they are young when they are let go again. */
const peopleAtOnce = 200;

/**
 * Tells of people in the order in which they come: while a page comes, some at a time; at its end the rest of it. Those of the
 * next page are only gathered meanwhile, and so are all who come while the source is held back.
 */
function tellInOrder(arrivals: Arrivals) {
  let gathered: Entry[] = [];
  /** The rest of a page that has come to its end. */
  let rest: Entry[] | null = null;
  let heldBack: Promise<void> | null = null;
  let news = 0;
  const tell = (entries: Entry[]): void => {
    const brought = entries.length === 0 ? 0 : arrivals.present(entries);
    if (typeof brought === 'number') news += brought;
    else {
      heldBack = brought.then((more) => {
        news += more;
        heldBack = null;
      });
      // A failure is heard of at the end of the page.
      heldBack.catch(() => {});
    }
  };
  return {
    /** `whole`: neither this one nor anybody else of the page is still to be read on. */
    add(entry: Entry, whole: boolean): void {
      gathered.push(entry);
      if (gathered.length < peopleAtOnce || !whole || rest !== null || heldBack !== null) return;
      const entries = gathered;
      gathered = [];
      tell(entries);
    },
    endPage(): void {
      rest = gathered;
      gathered = [];
    },
    /** Answers how many people since the last page nothing was said of before. */
    async tellPage(): Promise<number> {
      await heldBack;
      tell(rest ?? []);
      await heldBack;
      rest = null;
      const brought = news;
      news = 0;
      return brought;
    },
  };
}

/** Reads on what came in part (`proxyAddresses;range=0-1499`). */
async function finishRanges(reached: Reached, decoder: PersonDecoder): Promise<void> {
  for (const { entry, range } of decoder.unfinished.splice(0)) {
    const { values, undecodable } = await readRange(reached, entry.name, range.name, range.next);
    const fits = append(entry, range.slot, values);
    if (undecodable || !fits) entry.undecodable = [...new Set([...entry.undecodable, range.name])];
  }
}

/** Answers whether all were kept. */
function append(entry: Entry, slot: number, more: string[]): boolean {
  const values = [entry.attributes[slot] ?? [], more].flat();
  const kept = values.slice(0, maxValues);
  entry.attributes = entry.attributes.map((value, i) => (i === slot ? kept : value));
  return values.length <= maxValues;
}

/** The last look: does the server still take us for the same account, and is it still the same server? */
async function otherServerOrAccount(reached: Reached): Promise<string | null> {
  const { connection, server, account } = reached;
  const now = await readServerInfo(connection);
  if (now.identity !== server.identity) return 'Another server answered at the end than at the beginning.';
  if ((await whoAmI(connection, server)) !== account)
    return 'The server took us for another account at the end than at the beginning.';
  return null;
}

function endOf(doubt: string | null, met: ReadonlySet<string>, notes: SourceNote[]): FeedEnd {
  const referrals = [...met].sort().slice(0, maxReferrals);
  if (referrals.length > 0) {
    const message = `Parts of the scope lie on other servers and were not read: ${listed(referrals)}`;
    notes.push({ level: 'WARN', code: 'REFERRAL', message });
  }
  const tooMany = met.size > maxReferrals ? `The server refers to more than ${maxReferrals} other places.` : null;
  const because = doubt ?? tooMany;
  return { complete: because === null, because, cursor: null, referrals, notes };
}

/** Scheme and host without case, no default port, no `??sub` at the end: the same reference is the same text. */
function normalReferral(url: string): string {
  const match = /^(ldaps?):\/\/([^/?]*)(.*)$/i.exec(url.trim());
  if (match === null) return url.trim();
  const [, scheme = '', host = '', rest = ''] = match;
  const port = scheme.toLowerCase() === 'ldap' ? /:389$/ : /:636$/;
  return `${scheme.toLowerCase()}://${host.toLowerCase().replace(port, '')}${rest.replace(/\?.*$/, '')}`;
}
