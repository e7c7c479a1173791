import type { LookedUp, LookUp } from '../../../core/source-session.ts';
import { normalName } from './attribute-name.ts';
import { canonicalDn } from './dn.ts';
import { encodeFilter, type LdapFilter, or } from './filter/filter.ts';
import { idAttributes } from './find-person.ts';
import { findIdAttribute } from './id-attribute.ts';
import { type LdapPerson, PersonDecoder } from './person-decoder.ts';
import { isActiveDirectory, type Reached } from './reach.ts';
import { definitionOf, readSchema } from './read-schema.ts';
import type { PlanOnce } from './scope-plan.ts';
import { distinctBases } from './search-scope.ts';
import { idValue } from './value-text.ts';

/** People whom one search brings. With more of them, only a read of everybody tells who is among them. */
const mostFound = 50;
/** A server that has to look through all people for an address may take so long. */
const longestSearchSeconds = 10;

/** Attributes of addresses that servers compare without case, in parts, too. */
const everywhere = ['mail', 'rfc822Mailbox', 'email', 'emailAddress', 'mailAlternateAddress', 'mailLocalAddress'];
const inActiveDirectory = ['mail', 'proxyAddresses', 'userPrincipalName', 'otherMailbox'];

const ascii = /^[!-~]+$/;

/**
 * Looks up people below the base DNs by id and address (see SourceSession). An address is searched as a part of a value, because values
 * can have a prefix or spaces. It is searched in capitals: whoever has one of the ids and one of the addresses must be found by both.
 * If not, the server can't search for it, and the answer is null.
 */
export async function lookUpPeople(
  reached: Reached,
  wish: LookUp,
  plan: PlanOnce,
  signal: AbortSignal,
): Promise<LookedUp[] | null> {
  const release = reached.connection.obey(signal);
  try {
    const { attributes, at, ids, addresses, addressOf } = wish;
    const searched = await searchable(reached, attributes);
    if (searched === null || !addresses.every((address) => ascii.test(address))) return null;
    const byAddress = searched.flatMap((attribute) => addresses.map((address) => holding(attribute, address)));
    const { filter } = await plan(wish.scope);
    const { attribute: idAttribute } = await findIdAttribute(reached, filter);
    const { flavour } = reached.server;
    const form = { idAttribute, flavour, membership: null, at, markAttribute: null };
    const search = (wanted: LdapFilter[]): Promise<Found[] | null> =>
      searchBelowBases(reached, wanted, new PersonDecoder(attributes, form), addressOf);
    const ofIds = await search(idFilter(reached, idAttribute, ids));
    const ofAddresses = await search(byAddress);
    if (ofIds === null || ofAddresses === null) return null;
    const all = new Map([...ofIds, ...ofAddresses].map((one) => [one.key, one]));
    if (new Set([...all.values()].map(({ id }) => id)).size < all.size) return null;
    const keys = new Set(ofAddresses.map(({ key }) => key));
    const tested = ofIds.filter(
      ({ id, address }) => ids.includes(id) && address !== null && addresses.includes(address),
    );
    if (byAddress.length > 0 && (tested.length === 0 || tested.some(({ key }) => !keys.has(key)))) return null;
    return [...all.values()].map(({ id, name, address }) => ({ id, name, address }));
  } finally {
    release();
  }
}

/** The attributes among these that people can have. Null: the server may compare some of them in another way than we do. */
async function searchable(reached: Reached, attributes: readonly string[]): Promise<readonly string[] | null> {
  const isUsual = (name: string): boolean =>
    (isActiveDirectory(reached) ? inActiveDirectory : everywhere).some(
      (usual) => normalName(usual) === normalName(name),
    );
  const unusual = attributes.filter((name) => !isUsual(name));
  if (unusual.length > 0) {
    // The usual mapping names attributes of all kinds of server. Those that a server does not know are on none of its entries.
    const definitions = isActiveDirectory(reached) ? [] : await readSchema(reached, 'attributeTypes');
    if (definitions.length === 0 || unusual.some((name) => definitionOf(definitions, normalName(name)))) return null;
  }
  const usual = attributes.filter(isUsual);
  // Only there does the right to read an attribute give the right to search it. Elsewhere one search proves only one attribute.
  const readIsSearch = isActiveDirectory(reached) || reached.server.flavour === 'OPENLDAP';
  return usual.length > 1 && !readIsSearch ? null : usual;
}

function holding(attribute: string, address: string): LdapFilter {
  return { kind: 'substrings', attribute, initial: null, any: [Buffer.from(address.toUpperCase())], final: null };
}

function idFilter(reached: Reached, idAttribute: string, ids: readonly string[]): LdapFilter[] {
  const form = idAttributes(reached).find(({ name }) => name === idAttribute)?.form ?? 'text';
  return ids.flatMap((id) => {
    const value = idValue(form, id);
    return value === null ? [] : [{ kind: 'equal', attribute: idAttribute, value } satisfies LdapFilter];
  });
}

type Found = LookedUp & { key: string };

/** Null: they are too many, or the server did not answer the whole question. */
async function searchBelowBases(
  { connection, settings }: Reached,
  wanted: LdapFilter[],
  decoder: PersonDecoder,
  addressOf: LookUp['addressOf'],
): Promise<Found[] | null> {
  if (wanted.length === 0) return [];
  const people = new Map<string, LdapPerson>();
  const filter = encodeFilter(or(wanted));
  for (const baseDn of distinctBases(settings.baseDns)) {
    const { code, cookie } = await connection.search(
      {
        baseDn,
        scope: 'sub',
        filter,
        attributes: decoder.attributes,
        page: { size: mostFound + 1, cookie: Buffer.alloc(0) },
        timeLimitSeconds: Math.min(longestSearchSeconds, settings.timeoutSeconds),
      },
      {
        entry: (bytes, at, end) => {
          if (people.size > mostFound) return;
          const person = decoder.decode(bytes, at, end);
          people.set(canonicalDn(person.name), person);
        },
        references: () => {},
      },
    );
    if (code !== 0 || (cookie?.length ?? 0) > 0 || people.size > mostFound) return null;
  }
  if (decoder.unfinished.length > 0) return null;
  return [...people].flatMap(([key, person]) => {
    const { id, name } = person;
    return id === null || person.unfit !== null ? [] : [{ key, id, name, address: addressOf(person) }];
  });
}
