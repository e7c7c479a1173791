import type { BeginArrivals, FeedEnd } from '../../../core/arrivals.ts';
import type { ReadRequest } from '../../../core/source-session.ts';
import { fileTime, NextExpiry } from './account-flags.ts';
import { chooseWay, noteFor, type Way } from './feed/choose-way.ts';
import { openFeed } from './feed/open-feed.ts';
import { readTouched } from './feed/read-touched.ts';
import { findIdAttribute, type IdFinding, noReadableId } from './id-attribute.ts';
import type { Marks } from './incremental/marks.ts';
import { openChanges } from './incremental/open-changes.ts';
import { type LdapPerson, PersonDecoder } from './person-decoder.ts';
import type { Reached } from './reach.ts';
import { type PeopleRead, readChanges, readEverybody } from './read-people.ts';
import { type Elsewhere, ReferralsMet } from './referrals.ts';
import { readServerInfo, whoAmI } from './root-dse.ts';
import { type Membership, planScope, type ScopePlan } from './scope-plan.ts';
import type { ScopeSearch } from './search-scope.ts';

/**
 * Searches everybody in scope, base by base and page by page (see SourceSession). If the server shows what has changed
 * since the last read, only the ids and change marks of all people are read, and the people who have changed.
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
    const { marks } = changes;
    const feed = marks === null ? { because: null } : await openFeed(reached, scope, id);
    const way = await chooseWay({ reached, request, scope, changes, feed });
    const begun = (request.ready ?? Promise.resolve()).then(() => begin('everybody', way.how));
    const expiry = new NextExpiry(fileTime(request.at));
    const decoder = new PersonDecoder(request.attributes, {
      idAttribute: id.attribute,
      flavour: reached.server.flavour,
      membership,
      at: request.at,
      photo: request.photo,
      markAttribute: marks?.inFullReads === true ? marks.attribute : null,
      expiry,
    });
    const search: ScopeSearch = { reached, filter, signal, referrals: new ReferralsMet(), progress: { pages: 0 } };
    const taken = ({ id: taken, mark }: LdapPerson): void => {
      if (taken !== null) marks?.note(taken, mark, 'read');
    };
    const read = { search, decoder, begun, taken };
    const missing = await readBy(way, read, { reached, id, marks, membership, request, expiry });
    const doubt = (await otherServerOrAccount(reached)) ?? missing;
    await scope.confirm();
    const arrivals = await begun;
    const elsewhere = search.referrals.settle(reached);
    arrivals.end({
      ...endOf(doubt, elsewhere, scope),
      ...changes.next(noteFor({ request, scope, feed, way, expiry, referrals: elsewhere.referrals.length })),
    });
  } finally {
    release();
  }
}

type ReadParts = {
  reached: Reached;
  id: IdFinding;
  marks: Marks | null;
  membership: Membership | null;
  request: ReadRequest;
  expiry: NextExpiry;
};

function readBy(way: Way, read: PeopleRead, parts: ReadParts): Promise<string | null> {
  const { reached, id, marks, membership, request, expiry } = parts;
  if (way.kind === 'everybody' || marks === null) return readEverybody(read);
  const idAttribute = id.attribute;
  if (way.kind === 'touched') {
    expiry.add(way.expires);
    return readTouched(read, { ...way, idAttribute, marks });
  }
  const [lastAt, { at }] = [way.since, request];
  return readChanges(read, { reached, idAttribute, marks, membership, lastAt, at, expiry });
}

/** Checks at the end whether server and account are still the same. Returns what differs, or null. */
async function otherServerOrAccount(reached: Reached): Promise<string | null> {
  const { connection, settings, server, account } = reached;
  const now = await readServerInfo(connection, settings);
  if (now.identity !== server.identity) return 'Another server answered at the end than at the beginning.';
  if ((await whoAmI(connection, server)) !== account)
    return 'The server took us for another account at the end than at the beginning.';
  return null;
}

function endOf(
  doubt: string | null,
  elsewhere: Elsewhere,
  { doubt: ofGroups, unsure, notes }: ScopePlan,
): Omit<FeedEnd, 'cursor'> {
  const ofAll = doubt ?? elsewhere.doubt;
  const because = ofAll ?? ofGroups;
  const { referrals } = elsewhere;
  const ofSome = ofAll === null && unsure !== null ? { unsure } : {};
  return { complete: because === null, because, ...ofSome, referrals, notes: [...notes, ...elsewhere.notes] };
}
