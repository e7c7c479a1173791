import { AppError } from '../../../core/app-error.ts';
import type { PersonFinding, PersonQuestion } from '../../../core/source-session.ts';
import { canonicalDn, parseDn } from './dn.ts';
import { encodeFilter, equal, type LdapFilter, or, present } from './filter/filter.ts';
import { flavours, type IdForm } from './flavour.ts';
import { noEntryCodes } from './group/find-group.ts';
import { findIdAttribute } from './id-attribute.ts';
import { judgeConditions } from './judge-conditions.ts';
import { type LdapPerson, PersonDecoder } from './person-decoder.ts';
import { contextOf, type Reached } from './reach.ts';
import { type RawEntry, readEntries, textsOf } from './read-entries.ts';
import { resultError } from './result-error.ts';
import type { PlanOnce } from './scope-plan.ts';
import { binaryText, idValue, valueForm } from './value-text.ts';

/** The most entries below each base DN that are compared. */
const mostMatches = 50;

/**
 * Attributes that hold addresses and names, the best first. They are compared case-insensitively, as directories do.
 */
const addresses = ['mail', 'proxyAddresses', 'mailAlternateAddress', 'userPrincipalName'];
const logins = ['uid', 'sAMAccountName'];
const names = ['cn', 'displayName', 'name'];

/** Looks for a person by id, DN, address, login or name, in scope or not (see SourceSession). */
export async function findPerson(
  reached: Reached,
  question: PersonQuestion,
  plan: PlanOnce,
  signal: AbortSignal,
): Promise<PersonFinding> {
  const release = reached.connection.obey(signal);
  try {
    const [match, ...others] = await findMatches(reached, question.person.trim());
    if (match === undefined) return { kind: 'nobody', where: whereLooked(reached) };
    const scope = await plan(question.scope);
    const { attribute: idAttribute } = await findIdAttribute(reached, scope.filter);
    const { flavour } = reached.server;
    const { membership } = scope;
    const form = { idAttribute, flavour, membership, at: question.at, markAttribute: null };
    const decoder = new PersonDecoder(question.attributes, form);
    const entry = await readPerson(reached, match.entry.dn, decoder);
    if (entry === null) return { kind: 'nobody', where: whereLooked(reached) };
    const conditions = await judgeConditions(reached, question.scope, scope, entry);
    return { kind: 'found', entry, by: match.by, others: others.map((other) => other.entry.dn), conditions };
  } finally {
    release();
  }
}

function whereLooked({ settings }: Reached): string {
  return `below ${settings.baseDns.map((dn) => `"${dn}"`).join(', ')}`;
}

/** `rank`: 0 for an exact id or DN. A higher rank is a less certain match. */
type Match = { entry: RawEntry; by: string; rank: number };

/** The matching entries, the best first. */
async function findMatches(reached: Reached, person: string): Promise<Match[]> {
  const parsed = parseDn(person);
  if (parsed.kind === 'ok' && parsed.rdns.length > 0) {
    const entry = await readEntry(reached, person, ['objectClass']);
    if (entry !== null) return [{ entry, by: 'its DN', rank: 0 }];
  }
  const ids = idAttributes(reached).flatMap(({ name, form }) => {
    const value = idValue(form, person);
    return value === null ? [] : [{ name, filter: { kind: 'equal', attribute: name, value } satisfies LdapFilter }];
  });
  const plain = [...addresses, ...logins, ...names];
  const filter = encodeFilter(
    or([
      ...ids.map((id) => id.filter),
      ...plain.map((name) => equal(name, person)),
      equal('proxyAddresses', `smtp:${person}`),
    ]),
  );
  const attributes = ['objectClass', ...ids.map(({ name }) => name), ...plain];
  const found = new Map<string, Match>();
  for (const baseDn of reached.settings.baseDns) {
    const page = { size: mostMatches, cookie: Buffer.alloc(0) };
    const search = { baseDn, scope: 'sub', filter, attributes, page } as const;
    const { entries, result } = await readEntries(reached.connection, search, mostMatches);
    if (result.code !== 0) throw resultError(result, contextOf(reached, baseDn));
    for (const entry of entries)
      found.set(
        canonicalDn(entry.dn),
        matchOf(
          entry,
          person,
          ids.map(({ name }) => name),
        ),
      );
  }
  return [...found.values()].toSorted((a, b) => a.rank - b.rank || (a.entry.dn < b.entry.dn ? -1 : 1));
}

/** The part of an entry that matches the text. People come before other entries. */
function matchOf(entry: RawEntry, person: string, ids: readonly string[]): Match {
  const wanted = person.toLowerCase();
  const isPerson = textsOf(entry, 'objectClass').some((name) => /^(?:person|user|inetorgperson)$/i.test(name));
  const order = [...ids, ...addresses, ...logins, ...names];
  const at = order.findIndex((name) =>
    ids.includes(name)
      ? idTexts(entry, name).includes(wanted)
      : textsOf(entry, name).some((value) => value.toLowerCase().replace(/^smtp:/, '') === wanted),
  );
  const rank = (at < 0 ? order.length : at) + (isPerson ? 0 : 2 * order.length);
  return { entry, by: order[at] ?? 'a name that the directory takes for the same', rank };
}

function idTexts(entry: RawEntry, name: string): string[] {
  const form = valueForm(name.toLowerCase());
  return (entry.attributes.get(name.toLowerCase()) ?? []).flatMap(
    (value) =>
      (form === 'guid' || form === 'guid-in-order' || form === 'sid'
        ? binaryText(form, value)
        : value.toString('utf8')
      )?.toLowerCase() ?? [],
  );
}

/** The attributes that can hold the id of a person. */
export function idAttributes({ settings, server }: Reached): readonly { name: string; form: IdForm }[] {
  const { ids } = flavours[server.flavour];
  const { idAttribute } = settings;
  if (idAttribute === null) return ids;
  const form = valueForm(idAttribute.toLowerCase());
  return [{ name: idAttribute, form: form === 'sid' ? 'text' : form }];
}

const anything = encodeFilter(present('objectClass'));

/** Null: there is no such entry, or the account may not see it. */
async function readEntry(reached: Reached, dn: string, attributes: readonly string[]): Promise<RawEntry | null> {
  const search = { baseDn: dn, scope: 'base', filter: anything, attributes } as const;
  const { entries, result } = await readEntries(reached.connection, search, 1);
  if (result.code !== 0 && !noEntryCodes.includes(result.code)) throw resultError(result, contextOf(reached, dn));
  return entries[0] ?? null;
}

async function readPerson(reached: Reached, dn: string, decoder: PersonDecoder): Promise<LdapPerson | null> {
  const found: LdapPerson[] = [];
  const result = await reached.connection.search(
    { baseDn: dn, scope: 'base', filter: anything, attributes: decoder.attributes },
    { entry: (bytes, at, end) => void found.push(decoder.decode(bytes, at, end)), references: () => {} },
  );
  if (result.code !== 0 && !noEntryCodes.includes(result.code)) throw resultError(result, contextOf(reached, dn));
  if (found.length > 1) throw new AppError('INVALID_RESPONSE', `The server sent several entries for "${dn}".`);
  return found[0] ?? null;
}
