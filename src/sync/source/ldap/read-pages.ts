import { setImmediate } from 'node:timers/promises';
import { AppError } from '../../../core/app-error.ts';
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

const endless = ({ connection }: Reached, baseDn: string, pages: number): AppError =>
  new AppError(
    'INVALID_RESPONSE',
    `${connection.url.url} does not end the search of "${baseDn}": its last ${pages} pages brought nobody new, and it offers more.`,
    {
      hint: "This is a fault of the server, or of a proxy before it. Look at the server's own log; make pages larger, or narrow the base DNs.",
    },
  );
