import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../../core/app-error.ts';
import { saidText } from '../../../core/said-text.ts';
import { EntryDecoder } from './entry-decoder.ts';
import { encodeFilter, present } from './filter/filter.ts';
import type { LdapSearch } from './ldap-connection.ts';
import { contextOf, type Reached } from './reach.ts';
import { resultError } from './result-error.ts';
import type { LdapResult } from './search-result.ts';
import type { SearchSink } from './wire.ts';

/**
 * Pages in a row that may bring nobody new. Servers send some without entries where rights or a filter have left nobody on
 * them; one that goes on longer would go on for ever.
 */
export const maxBarrenPages = 200;

export type PagedSearch = {
  search: Omit<LdapSearch, 'page'>;
  sink: Omit<SearchSink, 'done'>;
  /** Works on a page, empty or not; answers how much of it is new, or that nothing more is wanted. */
  onPage: () => Brought | Promise<Brought>;
  /** Runs before the next page is asked for. */
  beforeNext?: () => Promise<void>;
  /** Counts the pages of searches that belong together: one base inside another brings the same people once more. */
  progress: { pages: number };
};

export type Brought = number | 'enough';

/**
 * Reads a search to its last page, which is the one with an empty cookie, whether pages hold entries or not. The next
 * page is asked for as soon as a page's result has come, while `onPage` works on that page. Answers false when nothing
 * proves the end: the server answered without a page control, or there was enough before it. Throws AppError, INVALID_RESPONSE when the server gives
 * ever more pages and nobody new on them.
 */
export async function readPages(
  reached: Reached,
  { search, sink, onPage, beforeNext, progress }: PagedSearch,
): Promise<boolean> {
  const { connection, settings } = reached;
  const ask = (cookie: Buffer): Promise<LdapResult> => {
    const answer = connection.search({ ...search, page: { size: settings.pageSize, cookie } }, sink);
    // Told when it is awaited; until then the page before it is being worked on.
    answer.catch(() => {});
    return answer;
  };
  // The same people may lie on twice as many pages, less full.
  const mostBarren = maxBarrenPages + 2 * progress.pages;
  let first = true;
  let barren = 0;
  let asked = ask(Buffer.alloc(0));
  for (;;) {
    const result = await asked;
    if (result.code !== 0) throw resultError(result, contextOf(reached, search.baseDn, first));
    first = false;
    await beforeNext?.();
    const more = result.cookie !== null && result.cookie.length > 0;
    if (more && result.cookie !== null) {
      asked = ask(result.cookie);
      // The request leaves in a later turn; the server is to have it before this page keeps us busy.
      await setImmediate();
    }
    progress.pages++;
    const brought = await onPage();
    if (brought === 'enough') return false;
    if (!more) return result.cookie !== null;
    barren = brought > 0 ? 0 : barren + 1;
    if (barren >= mostBarren) throw endless(reached, search.baseDn, barren);
  }
}

function endless({ connection }: Reached, baseDn: string, pages: number): AppError {
  return new AppError(
    'INVALID_RESPONSE',
    `${connection.url.url} does not end the search of "${baseDn}": its last ${pages} pages brought nobody new, and it offers more.`,
    {
      hint: "This is a fault of the server, or of a proxy before it. Look at the server's own log; make pages larger, or narrow the base DNs.",
    },
  );
}

/** Parts of one attribute; Active Directory sends 1,500 values in each, so no group comes near it. */
export const maxParts = 1000;

/** The rest of an attribute: its values, and whether some were left out as undecodable. */
export type RestOfAttribute = { values: string[]; undecodable: boolean };

/**
 * Reads on what came in part (`member;range=0-1499`), from the value numbered `from` until the server says that it was the
 * last part. Throws INVALID_RESPONSE when the parts do not go on where the last one ended, or have no end.
 */
export async function readRange(reached: Reached, dn: string, name: string, from: number): Promise<RestOfAttribute> {
  const rest: RestOfAttribute = { values: [], undecodable: false };
  const decoder = new EntryDecoder([name]);
  const filter = encodeFilter(present('objectClass'));
  let next: number | null = from;
  for (let parts = 0; next !== null; parts++) {
    if (parts === maxParts) throw brokenRange(reached, dn, name, `has not ended it after ${maxParts} parts`);
    const asked: number = next;
    const found: ReturnType<EntryDecoder['decode']>[] = [];
    const result = await reached.connection.search(
      { baseDn: dn, scope: 'base', filter, attributes: [`${name};range=${asked}-*`] },
      { entry: (bytes, at, end) => found.push(decoder.decode(bytes, at, end)), references: () => {} },
    );
    if (result.code !== 0) throw resultError(result, contextOf(reached, dn, false));
    const part = found[0];
    if (part === undefined) throw brokenRange(reached, dn, name, 'does not send the rest of it');
    for (const value of [part.values[0] ?? []].flat()) rest.values.push(value);
    rest.undecodable ||= part.undecodable.length > 0;
    next = part.ranges[0]?.next ?? null;
    if (next !== null && next <= asked) throw brokenRange(reached, dn, name, `sends the part from ${asked} again`);
  }
  return rest;
}

function brokenRange({ connection }: Reached, dn: string, name: string, what: string): AppError {
  return new AppError(
    'INVALID_RESPONSE',
    `${connection.url.url} sends "${name}" of "${saidText(dn)}" in parts, and ${what}.`,
    {
      hint: "This is a fault of the server, or of a proxy before it. Look at the server's own log.",
    },
  );
}
