import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../../core/app-error.ts';
import { saidText } from '../../../core/outside-text.ts';
import { EntryDecoder } from './entry-decoder.ts';
import { encodeFilter, present } from './filter/filter.ts';
import type { LdapSearch } from './ldap-connection.ts';
import { contextOf, type Reached } from './reach.ts';
import { resultError } from './result-error.ts';
import type { LdapResult } from './search-result.ts';
import type { SearchSink } from './wire.ts';

/**
 * The most pages in a row without anybody new. Servers send empty pages when rights or a filter leave nobody on them.
 * After more of them, the search would probably never end.
 */
export const maxBarrenPages = 200;

/** A search by pages, and what to do with each page. */
export type PagedSearch = {
  search: Omit<LdapSearch, 'page'>;
  /** How many entries a page has. Left out: as the settings say. */
  pageSize?: number;
  sink: Omit<SearchSink, 'done'>;
  /**
   * Works on a page, also an empty one. Returns how many of its entries are new, or 'enough' to stop. `next` settles when the next page
   * has come, or at once if there is none. Until then the connection is in use.
   */
  onPage: (next: Promise<unknown>) => Brought | Promise<Brought>;
  /** Runs before the request for the next page. */
  beforeNext?: () => Promise<void>;
  /** Counts the pages of several searches together. A base inside another one brings the same people again. */
  progress: { pages: number };
};

/** How many entries of a page are new. 'enough': no more entries are needed. */
export type Brought = number | 'enough';

/**
 * Reads a search to its last page: the one with an empty cookie. Pages can be empty. The next page is requested as soon as a
 * page's result has come, while `onPage` works on that page. Returns false when nothing proves that the read is complete: the
 * server sent no page control, or `onPage` had enough. Throws AppError; INVALID_RESPONSE when the pages do not end and bring
 * nobody new.
 */
export async function readPages(
  reached: Reached,
  { search, pageSize, sink, onPage, beforeNext, progress }: PagedSearch,
): Promise<boolean> {
  const { connection, settings } = reached;
  const ask = (cookie: Buffer): Promise<LdapResult> => {
    const answer = connection.search({ ...search, page: { size: pageSize ?? settings.pageSize, cookie } }, sink);
    // An error is thrown when the answer is awaited. Until then `onPage` works on the page before.
    answer.catch(() => {});
    return answer;
  };
  // A base inside another one can bring the same people again, on up to twice as many pages.
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
      // The request is sent in a later turn. Let it go out before the work on this page begins.
      await setImmediate();
    }
    progress.pages++;
    const brought = await onPage(asked);
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
      hint: "This is a fault of the server, or of a proxy in front of it. Look at the server's log. Make pages larger, or narrow the base DNs.",
    },
  );
}

/**
 * The most parts of one attribute. Active Directory sends 1,500 values in each part, so no real group needs as many.
 */
export const maxParts = 1000;

/** The remaining values of an attribute, and whether some were left out as undecodable. */
export type RestOfAttribute = { values: string[]; undecodable: boolean };

/** The same as readEachPart, with all values at once. */
export async function readRange(reached: Reached, dn: string, name: string, from: number): Promise<RestOfAttribute> {
  const rest: RestOfAttribute = { values: [], undecodable: false };
  await readEachPart(reached, { dn, name, from }, (part) => {
    for (const value of part.values) rest.values.push(value);
    rest.undecodable ||= part.undecodable;
  });
  return rest;
}

/**
 * Reads the rest of an attribute that came in part (`member;range=0-1499`): from value number `from` to the part that the server
 * calls the last. Throws AppError INVALID_RESPONSE when a part is missing or repeated, or when the parts do not end.
 */
export async function readEachPart(
  reached: Reached,
  { dn, name, from }: { dn: string; name: string; from: number },
  take: (part: RestOfAttribute) => void,
): Promise<void> {
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
    take({ values: [part.values[0] ?? []].flat(), undecodable: part.undecodable.length > 0 });
    next = part.ranges[0]?.next ?? null;
    if (next !== null && next <= asked) throw brokenRange(reached, dn, name, `sends the part from ${asked} again`);
  }
}

function brokenRange({ connection }: Reached, dn: string, name: string, what: string): AppError {
  return new AppError(
    'INVALID_RESPONSE',
    `${connection.url.url} sends "${name}" of "${saidText(dn)}" in parts, and ${what}.`,
    {
      hint: "This is a fault of the server, or of a proxy in front of it. Look at the server's log.",
    },
  );
}
