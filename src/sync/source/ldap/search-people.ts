import type { BeginArrivals, FeedEnd } from '../../../core/arrivals.ts';
import type { SourceNote } from '../../../core/entry.ts';
import type { ReadRequest } from '../../../core/source-session.ts';
import { findIdAttribute, noReadableId } from './id-attribute.ts';
import { openChanges } from './incremental/open-changes.ts';
import { type LdapPerson, PersonDecoder } from './person-decoder.ts';
import type { Reached } from './reach.ts';
import { readChanges, readEverybody } from './read-people.ts';
import { type Elsewhere, ReferralsMet } from './referrals.ts';
import { readServerInfo, whoAmI } from './root-dse.ts';
import { planScope } from './scope-plan.ts';
import type { ScopeSearch } from './search-scope.ts';

/**
 * Searches everybody in scope, base by base and page by page (see SourceSession). If the server tells what has changed since the
 * last read, only the ids and change marks of all come, and the people who have changed.
 */
export async function searchPeople(
  reached: Reached,
  request: ReadRequest,
  begin: BeginArrivals,
  signal: AbortSignal,
): Promise<void> {
  const release = reached.connection.obey(signal);
  try {
    const scope = await planScope(reached, request.scope);
    const { filter, membership } = scope;
    const id = await findIdAttribute(reached, filter);
    if (!id.readable) throw noReadableId(id, reached);
    const changes = await openChanges(reached, request, id);
    const { marks, since } = changes;
    const mode = { mode: since === null ? 'FULL' : 'INCREMENTAL', reason: changes.reason } as const;
    const begun = (request.ready ?? Promise.resolve()).then(() => begin('everybody', mode));
    const decoder = new PersonDecoder(request.attributes, {
      idAttribute: id.attribute,
      flavour: reached.server.flavour,
      membership,
      at: request.at,
      photo: request.photo,
      markAttribute: marks?.inFullReads === true ? marks.attribute : null,
    });
    const search: ScopeSearch = { reached, filter, signal, referrals: new ReferralsMet(), progress: { pages: 0 } };
    const taken = ({ id: taken, mark }: LdapPerson): void => {
      if (taken !== null) marks?.note(taken, mark, 'read');
    };
    const read = { search, decoder, begun, taken };
    const missing =
      marks === null || since === null
        ? await readEverybody(read)
        : await readChanges(read, {
            reached,
            idAttribute: id.attribute,
            marks,
            membership,
            lastAt: since,
            at: request.at,
          });
    const doubt = (await otherServerOrAccount(reached)) ?? missing ?? scope.doubt;
    await scope.confirm();
    const arrivals = await begun;
    arrivals.end({ ...endOf(doubt, search.referrals.settle(reached), scope.notes), ...changes.next() });
  } finally {
    release();
  }
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

function endOf(doubt: string | null, elsewhere: Elsewhere, notes: readonly SourceNote[]): Omit<FeedEnd, 'cursor'> {
  const because = doubt ?? elsewhere.doubt;
  const { referrals } = elsewhere;
  return { complete: because === null, because, referrals, notes: [...notes, ...elsewhere.notes] };
}
