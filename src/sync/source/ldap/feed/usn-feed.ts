import { Control } from 'ldapts';
import { canonicalDn } from '../dn.ts';
import { type DecodedEntry, EntryDecoder } from '../entry-decoder.ts';
import { and, encodeFilter, type LdapFilter, present } from '../filter/filter.ts';
import { type Place, placeOf, readPlace, whyAnew } from '../incremental/usn-marks.ts';
import { idOf } from '../person-decoder.ts';
import type { Reached } from '../reach.ts';
import { readEntries } from '../read-entries.ts';
import { readPages } from '../read-parts.ts';
import { features } from '../root-dse.ts';
import { type ChangeFeed, type FeedAnswer, mostTouched, type NoFeed } from './change-feed.ts';
import { contextsAround, unknownContexts } from './contexts-around.ts';
import { seesDeleted, showDeleted } from './deleted-objects.ts';

/**
 * The feed of Active Directory. Each change of an entry gives it the domain controller's next number (uSNChanged), and
 * so does a deletion. Only accounts that may see deleted entries have this feed. The control DirSync would not help: it
 * also hides deleted entries from accounts without special rights.
 */
export async function usnFeed(reached: Reached, people: LdapFilter, idAttribute: string): Promise<ChangeFeed | NoFeed> {
  if (idAttribute.toLowerCase() !== 'objectguid')
    return { because: `deleted entries are known by objectGUID, and people are identified by ${idAttribute}` };
  const contexts = contextsAround(reached);
  if (contexts === null) return { because: unknownContexts };
  if (!(await seesDeleted(reached, contexts)))
    return { because: 'the bind account may not see deleted entries (in CN=Deleted Objects), or there are none' };
  const place = await readPlace(reached);
  if ('because' in place) return { because: 'the server does not tell where it stands' };
  return {
    way: 'The server told which entries have been touched since the last run (uSNChanged, also of deleted entries).',
    place,
    trustedMs: null,
    since: (last) => touchedSince(reached, contexts, people, place, placeOf(last)),
  };
}

/** Classes of entries that can have people below them. Their subclasses come with these names, too. */
const units = ['organizationalunit', 'container', 'builtindomain', 'lostandfound', 'domain', 'organization', 'country'];
/** How many units are searched for people, at most. */
const mostUnits = 20;

async function touchedSince(
  reached: Reached,
  contexts: readonly string[],
  people: LdapFilter,
  now: Place,
  last: Place | null,
): Promise<FeedAnswer> {
  const because = whyAnew(now, last);
  if (because !== null || last === null) return { kind: 'anew', because: because ?? '' };
  const there = new Map<string, string | null>();
  const gone = new Set<string>();
  const touchedUnits: string[] = [];
  const roots = new Set(contexts.map(canonicalDn));
  const silent = { because: null as string | null };
  const take = ({ name, nameIsText, values: [guid, deleted, classes] }: DecodedEntry): void => {
    const id = idOf(guid);
    const kinds = [classes ?? []].flat().map((one) => one.toLowerCase());
    if (id === null || kinds.length === 0) silent.because ??= 'it hides objectGUID or objectClass of touched entries';
    else if ([deleted ?? []].flat()[0]?.toUpperCase() === 'TRUE') gone.add(id);
    else {
      there.set(id, nameIsText ? name : null);
      if (units.some((unit) => kinds.includes(unit)) && !roots.has(canonicalDn(name))) touchedUnits.push(name);
    }
  };
  for (const context of now.usn === last.usn ? [] : contexts) await touchedIn(reached, context, last.usn, take);
  if (there.size + gone.size > mostTouched)
    return { kind: 'silent', because: 'too many entries have been touched to be told one by one' };
  if (silent.because !== null) return { kind: 'silent', because: silent.because };
  if (touchedUnits.length > mostUnits) return { kind: 'silent', because: 'many units have been changed' };
  for (const unit of touchedUnits)
    if (await hasPeople(reached, unit, people))
      return { kind: 'silent', because: `"${unit}" has been changed, and if it was moved, people below it were, too` };
  return { kind: 'touched', touched: { there, gone, others: null } };
}

async function touchedIn(
  reached: Reached,
  baseDn: string,
  usn: number,
  take: (entry: DecodedEntry) => void,
): Promise<void> {
  const decoder = new EntryDecoder(['objectGUID', 'isDeleted', 'objectClass']);
  const later: LdapFilter = { kind: 'greater', attribute: 'uSNChanged', value: Buffer.from(String(usn + 1)) };
  let taken = 0;
  let brought = 0;
  await readPages(reached, {
    search: {
      baseDn,
      scope: 'sub',
      filter: encodeFilter(and([later, present('objectClass')])),
      attributes: ['objectGUID', 'isDeleted', 'objectClass'],
      controls: [
        showDeleted(),
        ...(reached.server.supports.has('domainScope') ? [new Control(features.domainScope, { critical: true })] : []),
      ],
    },
    sink: {
      entry: (bytes, at, end) => {
        brought++;
        if (taken++ <= mostTouched) take(decoder.decode(bytes, at, end));
      },
      references: () => {},
    },
    onPage: () => {
      const news = brought;
      brought = 0;
      return taken > mostTouched ? 'enough' : news;
    },
    progress: { pages: 0 },
  });
}

/** Whether somebody who may be in scope is below this entry. */
async function hasPeople(reached: Reached, baseDn: string, people: LdapFilter): Promise<boolean> {
  const page = { size: 1, cookie: Buffer.alloc(0) };
  const search = { baseDn, scope: 'sub', filter: encodeFilter(people), attributes: ['1.1'], page } as const;
  const { entries, result } = await readEntries(reached.connection, search, 1);
  return entries.length > 0 || result.code !== 0;
}
