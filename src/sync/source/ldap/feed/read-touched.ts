import type { Arrivals } from '../../../../core/arrivals.ts';
import { slices } from '../../../../core/fair-turns.ts';
import { canonicalDn, isWithinDn } from '../dn.ts';
import { and, encodeFilter, type LdapFilter, or } from '../filter/filter.ts';
import { finishRanges } from '../finish-ranges.ts';
import type { Marks } from '../incremental/marks.ts';
import { fewOf, tooManyWanted } from '../incremental/sweep.ts';
import type { LdapPerson } from '../person-decoder.ts';
import { checkBase, contextOf } from '../reach.ts';
import { type PeopleRead, readAtOnce, readEverybody, readOne } from '../read-people.ts';
import { resultError } from '../result-error.ts';
import { distinctBases } from '../search-scope.ts';
import { idValue, valueForm } from '../value-text.ts';
import type { Touched } from './change-feed.ts';

/** What to read. `again`: the ids of people whom the run must also see; `known`: how many people it knows. */
export type TouchedInput = {
  touched: Touched;
  again: readonly string[];
  known: number;
  idAttribute: string;
  marks: Marks;
};

/** How many people one request asks for. */
const askedAtOnce = 100;

/**
 * Reads touched people in full, if they are in scope. People who are not found are gone; all others stay as they were.
 * Reads everybody if too many were touched. Returns why the read may be incomplete, or null.
 */
export async function readTouched(
  read: PeopleRead,
  { touched, again, known, idAttribute, marks }: TouchedInput,
): Promise<string | null> {
  const { search, begun } = read;
  const { reached } = search;
  const arrivals = await begun;
  const most = fewOf(known);
  const missing = touched.others === null ? [] : arrivals.missing(touched.others, most + touched.there.size);
  const { byDn, byId, outside } = sorted(reached.settings.baseDns, touched, [...again, ...(missing ?? [])]);
  if (missing === null || byDn.size + byId.size > most) {
    arrivals.startOver(tooManyWanted);
    return readEverybody(read);
  }
  // A base that is gone fails the run, as in a search.
  for (const baseDn of distinctBases(reached.settings.baseDns)) await checkBase(reached, baseDn);
  const gone = outside;
  for (const some of slices([...byDn], readAtOnce)) {
    const found = await Promise.all(some.map(([, dn]) => readOne(read, dn)));
    search.signal.throwIfAborted();
    for (const [i, { person, isThere }] of found.entries()) {
      const [id] = some[i] ?? [''];
      // Since the server reported the entry, it has got another DN, or another entry has got its DN.
      if (!isThere || (person !== null && person.id !== id)) byId.add(id);
      else if (person === null) gone.push(id);
      else await present(read, arrivals, [person]);
    }
  }
  for (const ids of slices([...byId], askedAtOnce)) {
    const people = await readByIds(read, ids, idAttribute);
    const found = new Set(people.map(({ id }) => id));
    gone.push(...ids.filter((id) => !found.has(id)));
    await present(read, arrivals, people);
  }
  arrivals.gone(gone);
  arrivals.othersStay();
  marks.keepOthers();
  return null;
}

async function present({ search, decoder, taken }: PeopleRead, arrivals: Arrivals, people: LdapPerson[]) {
  if (decoder.unfinished.length > 0) await finishRanges(search.reached, decoder);
  await arrivals.present(people, taken);
}

/** Sorts touched entries by how they can be requested. `outside`: the ids of entries that exist, but below no base. */
function sorted(baseDns: readonly string[], { there, gone }: Touched, more: readonly string[]) {
  const bases = baseDns.map(canonicalDn);
  const byDn = new Map<string, string>();
  const outside: string[] = [];
  const byId = new Set([...gone, ...more].filter((id) => !there.has(id)));
  for (const [id, dn] of there) {
    if (dn === null) byId.add(id);
    else if (bases.some((base) => isWithinDn(canonicalDn(dn), base))) byDn.set(id, dn);
    else outside.push(id);
  }
  return { byDn, byId, outside };
}

/** Reads the people with these ids who are in scope. */
async function readByIds(
  { search, decoder }: PeopleRead,
  ids: readonly string[],
  idAttribute: string,
): Promise<LdapPerson[]> {
  const { reached, filter, signal, referrals } = search;
  const form = valueForm(idAttribute.toLowerCase());
  const values = ids.map((id) => (form === 'sid' ? null : idValue(form, id)));
  const anyOf = values.flatMap((value): LdapFilter[] =>
    value === null ? [] : [{ kind: 'equal', attribute: idAttribute, value }],
  );
  const people = new Map<string | null, LdapPerson>();
  if (anyOf.length === 0) return [];
  for (const baseDn of distinctBases(reached.settings.baseDns)) {
    const result = await reached.connection.search(
      { baseDn, scope: 'sub', filter: encodeFilter(and([filter, or(anyOf)])), attributes: decoder.attributes },
      {
        entry: (bytes, at, end) => {
          const person = decoder.decode(bytes, at, end);
          people.set(person.id, person);
        },
        references: (urls) => referrals.add(urls),
      },
    );
    signal.throwIfAborted();
    if (result.code !== 0) throw resultError(result, contextOf(reached, baseDn, false));
  }
  return [...people.values()];
}
