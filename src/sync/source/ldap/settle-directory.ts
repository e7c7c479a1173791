import { AppError } from '../../../core/app-error.ts';
import type { Secrets } from '../../../core/connection.ts';
import { isOneLine, longestSaid } from '../../../core/outside-text.ts';
import type { OpenOptions } from '../../../core/source-session.ts';
import type { Settled } from '../source-module.ts';
import { openFeed } from './feed/open-feed.ts';
import { encodeFilter, type LdapFilter } from './filter/filter.ts';
import { parseFilter } from './filter/parse-filter.ts';
import { flavours } from './flavour.ts';
import { findIdAttribute, noReadableId } from './id-attribute.ts';
import { type LdapSettings, moreRights, signedInAs } from './ldap-settings.ts';
import { PersonDecoder } from './person-decoder.ts';
import { narrowestBases } from './propose-bases.ts';
import { checkBase, type Reached, reach } from './reach.ts';
import { readPages } from './read-parts.ts';

/** The most people of all contexts together whose places are compared. With more of them, nothing is narrowed. */
const mostPeople = 100_000;
/** The longest time for one filter. A page that is on its way then still counts. */
const longestMs = 20_000;
/** The most naming contexts that are searched. Active Directory has five. */
const mostContexts = 20;
/** The most bytes of all entries together. */
const mostBytes = 64 * 1024 * 1024;
/** A context with a smaller share of all people is left out. It holds accounts of the server's own consoles. */
const leastShare = 0.02;

/** Filters for directories in which nobody meets the usual one: other classes that people have, the likeliest first. */
const otherFilters = [
  '(objectClass=user)',
  '(objectClass=posixAccount)',
  '(objectClass=account)',
  '(objectClass=contact)',
];

/**
 * Finds what the settings leave open: the base DNs if none are given, and a filter for people if the usual one finds
 * nobody. Throws AppError, or the signal's reason.
 */
export async function settleDirectory(
  settings: LdapSettings,
  secrets: Secrets,
  options: OpenOptions,
): Promise<Settled<LdapSettings>> {
  const reached = await reach(settings, secrets, options, () => {});
  const release = reached.connection.obey(options.signal);
  try {
    const given = settings.baseDns.length > 0;
    const { found, filter } = await peopleOf(reached, given ? settings.baseDns : contextsOf(reached));
    const { baseDns, reasons } = given ? givenBases(settings) : bases(reached, found);
    const settled = { ...settings, baseDns };
    const [there, people] = [{ ...reached, settings: settled }, filterOf(filter) ?? usualFilter(reached)];
    const id = await findIdAttribute(there, people);
    if (!id.readable) throw noReadableId(id, reached);
    const feed = await openFeed(there, { filter: people }, id);
    return {
      settings: settled,
      baseDns,
      idColumn: null,
      filter,
      reasons: [
        `The server is treated as ${reached.server.label}.`,
        ...reasons,
        ...(await hiddenBases(reached, baseDns)),
        filterReason(reached, filter, found),
        ...('advice' in feed && feed.advice !== undefined ? [feed.advice] : []),
      ],
    };
  } finally {
    release();
    await reached.connection.close();
  }
}

/** The people below one base. `whole`: there are no others. */
type Found = { base: string; dns: string[]; whole: boolean };

async function peopleOf(
  reached: Reached,
  places: readonly string[],
): Promise<{ found: Found[]; filter: string | null }> {
  const usual = await search(reached, places, usualFilter(reached));
  if (usual.some(({ dns }) => dns.length > 0)) return { found: usual, filter: null };
  for (const filter of otherFilters) {
    const parsed = filterOf(filter);
    const found = parsed === null ? [] : await search(reached, places, parsed);
    if (found.some(({ dns }) => dns.length > 0)) return { found, filter };
  }
  return { found: usual, filter: null };
}

/** Finds people with enabled accounts. A context that the server does not let us search counts as empty. */
async function search(reached: Reached, places: readonly string[], filter: LdapFilter): Promise<Found[]> {
  const { flavour } = reached.server;
  const form = { idAttribute: 'entryDN', flavour, membership: null, at: new Date(), markAttribute: null };
  const decoder = new PersonDecoder([], form);
  let [left, bytesLeft] = [mostPeople, mostBytes];
  const until = performance.now() + longestMs;
  const all: Found[] = [];
  for (const base of places) {
    const found: Found = { base, dns: [], whole: true };
    let [entries, known] = [0, 0];
    const entry = (bytes: Buffer, at: number, end: number): void => {
      if (left <= 0 || bytesLeft <= 0) {
        found.whole = false;
        return;
      }
      bytesLeft -= end - at;
      const { name, disabled, notAPerson } = decoder.decode(bytes, at, end);
      entries++;
      if (disabled || notAPerson || !isUsable(name)) return;
      left--;
      found.dns.push(name);
    };
    const onPage = (): number | 'enough' => {
      if (left <= 0 || bytesLeft <= 0 || performance.now() >= until) return 'enough';
      const brought = entries - known;
      known = entries;
      return brought;
    };
    const paged = {
      search: { baseDn: base, scope: 'sub', filter: encodeFilter(filter), attributes: decoder.attributes } as const,
    };
    try {
      const whole = await readPages(reached, {
        ...paged,
        sink: { entry, references: () => {} },
        onPage,
        progress: { pages: 0 },
      });
      found.whole &&= whole;
    } catch (error) {
      if (!(error instanceof AppError) || !reached.connection.isOpen) throw error;
      found.whole = false;
    }
    all.push(found);
  }
  return all;
}

function contextsOf({ server, settings }: Reached): string[] {
  const contexts = server.namingContexts.filter(isUsable).slice(0, mostContexts);
  if (contexts.length > 0) return contexts;
  throw new AppError(
    'BASE_DN_NOT_FOUND',
    'The server does not tell its naming contexts, so no base DN can be proposed.',
    {
      hint: moreRights(signedInAs(settings), 'Give baseDns, or let the account read the root DSE.'),
    },
  );
}

/** Whether a DN can be a base DN. A longer one may have been cut. */
function isUsable(dn: string): boolean {
  return dn.length < longestSaid && isOneLine(dn);
}

function givenBases({ baseDns }: LdapSettings) {
  return { baseDns: [...baseDns], reasons: ['The base DNs are those of the given settings.'] };
}

function bases({ settings }: Reached, found: readonly Found[]) {
  const people = found.reduce((sum, { dns }) => sum + dns.length, 0);
  if (people === 0) {
    const first = (found.find(({ whole }) => whole) ?? found[0])?.base ?? '';
    const rights = moreRights(signedInAs(settings), 'Check what the account may see.');
    return { baseDns: [first], reasons: [`Nobody was found, so the base is the naming context "${first}". ${rights}`] };
  }
  const proposed = found
    .filter(({ dns }) => dns.length > 0 && dns.length >= leastShare * people)
    .map(({ base, dns, whole }) =>
      whole
        ? narrowestBases(base, dns)
        : {
            baseDns: [base],
            reasons: [
              `The base is the whole of "${base}": not everybody there could be looked at, at least ${dns.length} people.`,
            ],
          },
    );
  return {
    baseDns: proposed.flatMap(({ baseDns }) => baseDns),
    reasons: proposed.flatMap(({ reasons }) => reasons),
  };
}

async function hiddenBases(reached: Reached, baseDns: readonly string[]): Promise<string[]> {
  const reasons: string[] = [];
  for (const baseDn of baseDns)
    if (!(await checkBase(reached, baseDn)))
      reasons.push(
        `The entry "${baseDn}" can not be seen, so people below it may be hidden, too: check the rights before a run, because people whom it can not see count as gone.`,
      );
  return reasons;
}

function filterReason({ server }: Reached, filter: string | null, found: readonly Found[]): string {
  const people = found.reduce((sum, { dns }) => sum + dns.length, 0);
  const { label } = flavours[server.flavour];
  if (filter !== null)
    return `Nobody meets the usual filter of ${label}. ${people} entries meet ${filter}, so it is the filter.`;
  return `No filter is needed: the usual one of ${label} finds people, and disabled accounts are left out.`;
}

function usualFilter({ server }: Reached): LdapFilter {
  return flavours[server.flavour].people;
}

function filterOf(text: string | null): LdapFilter | null {
  const parsed = text === null ? null : parseFilter(text);
  return parsed?.kind === 'ok' ? parsed.filter : null;
}
