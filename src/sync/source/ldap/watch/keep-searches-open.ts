import { BerWriter, Control, PersistentSearchControl } from 'ldapts';
import { AppError } from '../../../../core/app-error.ts';
import { allowances } from '../answer-limits.ts';
import { type BerCursor, Tag } from '../ber.ts';
import { canonicalDn, isWithinDn } from '../dn.ts';
import { encodeFilter, present } from '../filter/filter.ts';
import type { LdapSearch } from '../ldap-connection.ts';
import { contextOf, type Reached } from '../reach.ts';
import { readEntries, textsOf } from '../read-entries.ts';
import { resultError } from '../result-error.ts';
import { features } from '../root-dse.ts';
import type { LdapResult } from '../search-result.ts';
import { type Place, watchedPlaces } from './watched-places.ts';
import { isAlive, type Refused, rest, type Watching } from './watching.ts';

/** What makes a server keep a search open. */
type Kind = 'persistentSearch' | 'contentSync';

/**
 * Watches by searches that the server keeps open, one for each place. A persistent search does not tell when an entry moves out of
 * its base, so it watches the whole naming contexts; RFC 4533 tells everything.
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

async function openSearch(reached: Reached, kind: Kind, place: Place, changed: () => void): Promise<OpenSearch> {
  const begun = Promise.withResolvers<void>();
  const control =
    kind === 'persistentSearch'
      ? new PersistentSearchControl({
          critical: true,
          value: { changeTypes: allChanges, changesOnly: true, returnECs: false },
        })
      : new SyncRequestControl(await cookieOfNow(reached, place));
  // Nothing says when a persistent search begins. It has begun when a later request is answered.
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

/**
 * The cookie that stands for the directory as it is now, so that the server does not first send everybody. OpenLDAP's is made of the
 * contextCSN of the naming context. Null: it can't be read, or the server is another one.
 */
async function cookieOfNow({ connection, server }: Reached, { baseDn }: Place): Promise<string | null> {
  if (server.flavour !== 'OPENLDAP') return null;
  const holding = server.namingContexts.filter((dn) => isWithinDn(canonicalDn(baseDn), canonicalDn(dn)));
  const [context] = holding.sort((one, other) => canonicalDn(other).length - canonicalDn(one).length);
  if (context === undefined) return null;
  const { entries } = await readEntries(connection, {
    baseDn: context,
    scope: 'base',
    filter: encodeFilter(present('objectClass')),
    attributes: ['contextCSN'],
    allowance: allowances.entry,
  });
  const csns = entries[0] === undefined ? [] : textsOf(entries[0], 'contextCSN');
  return csns.length === 0 ? null : `rid=000,csn=${csns.join(';')}`;
}

const refreshAndPersist = 3;

/** Asks for changes since the cookie, and then as they come (RFC 4533, refreshAndPersist). */
class SyncRequestControl extends Control {
  readonly #cookie: string | null;

  constructor(cookie: string | null) {
    super(features.contentSync, { critical: true });
    this.#cookie = cookie;
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    value.writeEnumeration(refreshAndPersist);
    if (this.#cookie !== null) value.writeString(this.#cookie);
    value.endSequence();
    writer.writeBuffer(value.buffer, Tag.OCTET_STRING);
  }
}

const syncInfoOid = '1.3.6.1.4.1.4203.1.9.1.4';
/** The tags of an intermediate response, and of a sync info message that can end the refresh (RFC 4533, 2.5). */
const tags = { name: 0x80, value: 0x81, refreshDelete: 0xa1, refreshPresent: 0xa2 };

/** Whether this message says that everything up to now has been sent. */
function endsRefresh(response: BerCursor): boolean {
  if (response.peek() !== tags.name || response.text(tags.name) !== syncInfoOid) return false;
  if (response.peek() !== tags.value) return false;
  const value = response.element(tags.value);
  const kind = value.peek();
  if (kind !== tags.refreshDelete && kind !== tags.refreshPresent) return false;
  const info = value.element(kind);
  if (info.peek() === Tag.OCTET_STRING) info.skip();
  return info.peek() !== Tag.BOOLEAN || info.bytes[info.at + 2] !== 0;
}

function isBusy({ code }: LdapResult): boolean {
  return code === 51 || code === 52;
}

/** The error for a search that the server has kept open and ends now. */
function endedBy(result: LdapResult, { connection }: Reached): AppError {
  const said = result.message === '' ? '' : `: ${result.message}`;
  return new AppError(
    'CONNECTION_LOST',
    `${connection.url.url} stopped telling of changes${said} (result ${result.code}).`,
    { hint: "It is asked again by itself. If it happens often, look at the server's own log for the reason." },
  );
}
