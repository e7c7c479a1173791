import { PersistentSearchControl } from 'ldapts';
import { AppError } from '../../../../core/app-error.ts';
import type { BerCursor } from '../ber.ts';
import { canonicalDn, isWithinDn } from '../dn.ts';
import { SyncRequestControl, syncInfoOf } from '../feed/content-sync.ts';
import { changeNumbers, cookieOf } from '../feed/sync-cookie.ts';
import { encodeFilter } from '../filter/filter.ts';
import type { LdapSearch } from '../ldap-connection.ts';
import { contextOf, type Reached } from '../reach.ts';
import { resultError } from '../result-error.ts';
import type { LdapResult } from '../search-result.ts';
import { type Place, watchedPlaces } from './watched-places.ts';
import { isAlive, type Refused, rest, type Watching } from './watching.ts';

/** How a server is asked to keep a search open. */
type Kind = 'persistentSearch' | 'contentSync';

/**
 * Watches by searches that the server keeps open, one for each place. A persistent search does not report an entry that
 * moves out of its base, so it watches the whole naming contexts. RFC 4533 reports everything.
 */
export async function keepSearchesOpen(watching: Watching, kind: Kind): Promise<Refused> {
  const over = new AbortController();
  const signal = AbortSignal.any([over.signal, watching.options.signal]);
  const checks = rest({ ...watching, options: { ...watching.options, signal } }, Number.POSITIVE_INFINITY);
  try {
    return await Promise.race([keepOpen(watching, kind), checks.then(() => ({ refused: null }))]);
  } finally {
    over.abort();
  }
}

async function keepOpen({ reached, options }: Watching, kind: Kind): Promise<Refused> {
  const places = watchedPlaces(reached, options.scope, { wide: kind === 'persistentSearch' });
  let listening = false;
  const open = await Promise.all(
    places.map((place) => openSearch(reached, kind, place, () => listening && options.changed())),
  );
  const ended = Promise.race(open.map(({ end }) => end));
  ended.catch(() => {});
  const all = Promise.all(open.map(({ begun }) => begun)).then(() => isAlive(reached));
  const refused = await Promise.race([ended, all]);
  if (refused !== undefined) {
    if (isBusy(refused)) throw resultError(refused, contextOf(reached, ''));
    return { refused };
  }
  listening = true;
  options.listening();
  throw endedBy(await ended, reached);
}

/** Every kind of change. */
const allChanges = 15;

type OpenSearch = { begun: Promise<void>; end: Promise<LdapResult> };

/**
 * The cookie for the present state of the directory, so that the server does not first send everybody. Null: it can't
 * be made, because the server is of another kind or hides its state.
 */
async function cookieOfNow(reached: Reached, { baseDn }: Place): Promise<string | null> {
  const holding = reached.server.namingContexts.filter((dn) => isWithinDn(canonicalDn(baseDn), canonicalDn(dn)));
  const [context] = holding.sort((one, other) => canonicalDn(other).length - canonicalDn(one).length);
  const csns = context === undefined ? null : await changeNumbers(reached, context);
  return csns && cookieOf(csns);
}

async function openSearch(reached: Reached, kind: Kind, place: Place, changed: () => void): Promise<OpenSearch> {
  const begun = Promise.withResolvers<void>();
  const control =
    kind === 'persistentSearch'
      ? new PersistentSearchControl({
          critical: true,
          value: { changeTypes: allChanges, changesOnly: true, returnECs: false },
        })
      : new SyncRequestControl('refreshAndPersist', await cookieOfNow(reached, place));
  // No message says when a persistent search begins. It has begun when a later request is answered.
  if (kind === 'persistentSearch') begun.resolve();
  const request: LdapSearch = {
    baseDn: place.baseDn,
    scope: 'sub',
    filter: encodeFilter(place.filter),
    attributes: ['1.1'],
    controls: [control],
  };
  const end = reached.connection.keepOpen(request, {
    entry: changed,
    references: () => {},
    intermediate: (response) => {
      if (endsRefresh(response)) begun.resolve();
    },
  });
  end.catch(() => {});
  return { begun: begun.promise, end };
}

/** Whether this message ends the first part, in which the server sends everything up to now. */
function endsRefresh(response: BerCursor): boolean {
  const info = syncInfoOf(response);
  return info?.kind === 'phaseEnds' && info.refreshDone;
}

function isBusy({ code }: LdapResult): boolean {
  return code === 51 || code === 52;
}

/** The error for a search that the server kept open and has now ended. */
function endedBy(result: LdapResult, { connection }: Reached): AppError {
  const said = result.message === '' ? '' : `: ${result.message}`;
  return new AppError(
    'CONNECTION_LOST',
    `${connection.url.url} stopped telling of changes${said} (result ${result.code}).`,
    { hint: "It is asked again by itself. If it happens often, look at the server's own log for the reason." },
  );
}
