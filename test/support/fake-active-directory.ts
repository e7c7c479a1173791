import { canonicalDn, isWithinDn } from '../../src/sync/source/ldap/dn.ts';
import type { LdapFilter } from '../../src/sync/source/ldap/filter/filter.ts';
import { done, entry, type FakeResult, type FakeSearch, type FakeServer, startFakeServer } from './ldap-fake-server.ts';

/** An object of the directory. A group has `member`; `memberOf` of its members is computed. */
export type AdObject = { dn: string; attributes: Record<string, string | Buffer | string[]> };

export type FakeActiveDirectory = FakeServer & {
  /** The objects. A test may change them while the server runs. */
  objects: AdObject[];
  /** The error that refuses a search; null: it is answered. */
  refuse: (search: FakeSearch) => FakeResult | null;
  /** How the server answers filters that follow chains of groups, and how many it got. */
  chains: { answer: 'works' | 'unknown' | 'too slow'; asked: number };
};

const mostValues = 1500;
const inChain = '1.2.840.113556.1.4.1941';

/**
 * A server that treats groups as Active Directory does. It computes memberOf from member. The primary group is in
 * neither of them. Members come in parts of 1,500. Filters that follow chains of groups may be slow.
 */
export async function startActiveDirectory(objects: AdObject[]): Promise<FakeActiveDirectory> {
  const answer = (search: FakeSearch): Buffer[] => {
    const { id, baseDn, scope, filter } = search;
    const { chains } = directory;
    const refused = directory.refuse(search);
    if (refused !== null) return [done(id, refused)];
    const { all, groups } = prepared(directory.objects);
    const base = canonicalDn(baseDn);
    if (scope === 0 && !all.has(base)) return [done(id, { code: 32 })];
    if (hasChain(filter)) {
      chains.asked++;
      if (chains.answer === 'too slow') return [done(id, { code: 3, message: 'time limit' })];
    }
    const found = scope === 0 ? [all.get(base) as Keyed] : [...all.values()];
    const met = found.filter(
      (object) =>
        (scope === 0 || (scope === 1 ? parentKey(object.key) === base : isWithinDn(object.key, base))) &&
        meets(filter, object, groups, chains.answer),
    );
    return [
      ...met.map(({ dn, attributes }) => entry(id, dn, shown(attributes, search.attributes))),
      done(id, scope === 0 ? {} : { cookie: '' }),
    ];
  };
  const server = await startFakeServer({
    rootDse: {
      supportedControl: ['1.2.840.113556.1.4.319'],
      forestFunctionality: ['7'],
      namingContexts: ['dc=example,dc=org'],
    },
    base: answer,
    search: answer,
  });
  const directory: FakeActiveDirectory = Object.assign(server, {
    objects,
    refuse: () => null,
    chains: { answer: 'works' as const, asked: 0 },
  });
  return directory;
}

type Prepared = { all: Map<string, Keyed>; groups: Groups };
const cache = new WeakMap<readonly AdObject[], Prepared>();

function prepared(objects: readonly AdObject[]): Prepared {
  const known = cache.get(objects);
  if (known !== undefined) return known;
  const keyed = objects.map((object) => ({ ...object, key: canonicalDn(object.dn) }));
  const made = { all: new Map(keyed.map((object) => [object.key, object])), groups: groupsOf(objects) };
  cache.set(objects, made);
  return made;
}

type Keyed = AdObject & { key: string };
/** The canonical DN of a member, and those of its groups. */
type Groups = Map<string, Set<string>>;

const parentKey = (key: string): string => key.slice(key.indexOf('\u0000') + 1);
const texts = (value: string | Buffer | string[] | undefined): string[] =>
  value === undefined ? [] : [value].flat().map(String);

function groupsOf(objects: readonly AdObject[]): Groups {
  const groups: Groups = new Map();
  for (const { dn, attributes } of objects) {
    for (const member of texts(attributes.member)) {
      const key = canonicalDn(member);
      groups.set(key, (groups.get(key) ?? new Set()).add(canonicalDn(dn)));
    }
  }
  return groups;
}

function hasChain(filter: LdapFilter): boolean {
  if (filter.kind === 'and' || filter.kind === 'or') return filter.filters.some(hasChain);
  return filter.kind === 'extensible' && filter.rule === inChain;
}

function meets(filter: LdapFilter, object: Keyed, groups: Groups, chain: string): boolean {
  switch (filter.kind) {
    case 'and':
      return filter.filters.every((one) => meets(one, object, groups, chain));
    case 'or':
      return filter.filters.some((one) => meets(one, object, groups, chain));
    case 'not':
      return !meets(filter.filter, object, groups, chain);
    case 'present':
      return filter.attribute.toLowerCase() === 'objectclass' || valuesOf(object, filter.attribute).length > 0;
    case 'extensible':
      return chain === 'works' && isAbove(canonicalDn(String(filter.value)), object.key, groups);
    case 'substrings':
      throw new Error('These tests search for whole values only.');
    default: {
      if (filter.attribute.toLowerCase() === 'memberof')
        return groups.get(object.key)?.has(canonicalDn(String(filter.value))) === true;
      const wanted = String(filter.value).toLowerCase();
      return valuesOf(object, filter.attribute).some((value) => value.toLowerCase() === wanted);
    }
  }
}

function isAbove(group: string, key: string, groups: Groups, seen = new Set<string>()): boolean {
  for (const one of groups.get(key) ?? []) {
    if (one === group) return true;
    if (seen.has(one)) continue;
    seen.add(one);
    if (isAbove(group, one, groups, seen)) return true;
  }
  return false;
}

function valuesOf({ attributes }: AdObject, name: string): string[] {
  const key = Object.keys(attributes).find((one) => one.toLowerCase() === name.toLowerCase());
  return key === undefined ? [] : texts(attributes[key]);
}

/** The requested attributes. Long lists of members come in parts. */
function shown(attributes: AdObject['attributes'], asked: readonly string[]): AdObject['attributes'] {
  const part = asked.map((name) => /^member;range=(\d+)-\*$/.exec(name)?.[1]).find((from) => from !== undefined);
  const members = texts(attributes.member);
  const given = Object.entries(attributes).filter(
    ([name]) => name !== 'member' && asked.some((one) => one.toLowerCase() === name.toLowerCase()),
  );
  if (part !== undefined || (asked.includes('member') && members.length > mostValues)) {
    const from = Number(part ?? 0);
    const last = from + mostValues >= members.length ? '*' : String(from + mostValues - 1);
    if (part === undefined) given.push(['member', []]);
    given.push([`member;range=${from}-${last}`, members.slice(from, from + mostValues)]);
  } else if (asked.includes('member') && members.length > 0) given.push(['member', members]);
  return Object.fromEntries(given);
}
