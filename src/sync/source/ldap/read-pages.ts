import { setImmediate } from 'node:timers/promises';
import type { LdapSearch } from './ldap-connection.ts';
import { contextOf, type Reached } from './reach.ts';
import { resultError } from './result-error.ts';
import type { LdapResult } from './search-result.ts';
import type { SearchSink } from './wire.ts';

/**
 * Reads a search to its last page, which is the one with an empty cookie, whether pages hold entries or not. The next
 * page is asked for as soon as a page's result has come, while `onPage` works on that page; `beforeNext` runs before
 * that. Answers false when the server answered without a page control, so that nothing proves the end. Throws AppError.
 */
export async function readPages(
  reached: Reached,
  search: Omit<LdapSearch, 'page'>,
  sink: Omit<SearchSink, 'done'>,
  onPage: () => Promise<void>,
  beforeNext: () => Promise<void> = async () => {},
): Promise<boolean> {
  const { connection, settings } = reached;
  const ask = (cookie: Buffer): Promise<LdapResult> => {
    const answer = connection.search({ ...search, page: { size: settings.pageSize, cookie } }, sink);
    // Told when it is awaited; until then the page before it is being worked on.
    answer.catch(() => {});
    return answer;
  };
  let first = true;
  let asked = ask(Buffer.alloc(0));
  for (;;) {
    const result = await asked;
    if (result.code !== 0) throw resultError(result, contextOf(reached, search.baseDn, first));
    first = false;
    await beforeNext();
    const more = result.cookie !== null && result.cookie.length > 0;
    if (more && result.cookie !== null) {
      asked = ask(result.cookie);
      // The request leaves in a later turn; the server is to have it before this page keeps us busy.
      await setImmediate();
    }
    await onPage();
    if (!more) return result.cookie !== null;
  }
}
