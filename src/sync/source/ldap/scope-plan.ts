import { AppError } from '../../../core/app-error.ts';
import type { Unsure } from '../../../core/arrivals.ts';
import type { Scope } from '../../../core/connection.ts';
import type { SourceNote } from '../../../core/entry.ts';
import type { ExclusionReason } from '../../../core/run.ts';
import { canonicalDn } from './dn.ts';
import type { LdapFilter } from './filter/filter.ts';
import { parseFilter } from './filter/parse-filter.ts';
import { scopeFilter } from './filter/scope-filter.ts';
import { confirmGroups, type FollowedGroups, followGroups, mustBeWhole, type ToFollow } from './group/follow-groups.ts';
import { GroupFinder } from './group/group-finder.ts';
import { groupNotes } from './group/group-notes.ts';
import { groupsFilter } from './group/groups-filter.ts';
import { checkThere, type Reached } from './reach.ts';

/**
 * How a read decides who is in scope. A search with `filter` below the base DNs finds everybody who can be in scope.
 * `membership` then decides about each of them by DN. All other searches of the scope (only ids, or only changed
 * people) need both too, and the attributes of `membership`.
 * If memberOf can be trusted, the filter contains the groups whose members come in. The server then sends only their
 * members. Otherwise it sends everybody who meets the rest of the scope, and each person is compared with the members
 * here. Excludes are always decided here, because the people who are left out are counted.
 */
export type ScopePlan = {
  /** The part that the server decides: people, rules, the scope's own filter, and groups if memberOf can be trusted. */
  filter: LdapFilter;
  /** The part that is decided here. Null: the filter decides everything. */
  membership: Membership | null;
  /** What filter and membership are made of. */
  parts: {
    own: LdapFilter | null;
    /** The filter for members of the groups, if the server can decide about them. */
    byServer: LdapFilter | null;
    include: FollowedGroups | null;
    exclude: FollowedGroups | null;
  };
  /** Notes on what the scope names. */
  notes: SourceNote[];
  /** Why people can be missing even if the search succeeds, or null: a group inside a group can't be read. */
  doubt: string | null;
  /** Whom the doubt is about. Null: there is none, or it is about anybody. */
  unsure: Unsure | null;
  /**
   * Checks at the end of a read whether everything that the scope names is still in its place. If not, people may be
   * missing, or may have come in by mistake. Throws AppError.
   */
  confirm(): Promise<void>;
};

/** Decides about people by DN: by groups whose members the server can't filter, and by the excludes. */
export type Membership = {
  /** The attributes that it needs besides the DN. */
  attributes: readonly string[];
  /** `values[i]` are the values of `attributes[i]`. */
  of(dn: string, values: readonly (readonly string[])[]): Standing;
};

/** What groups and excludes say about a person. */
export type Standing = { inGroups: boolean; excluded: ExclusionReason | null };

/** Finds all that the scope names in the directory. Throws AppError FILTER_REFUSED, GROUP_NOT_FOUND, BASE_DN_NOT_FOUND. */
export async function planScope(reached: Reached, scope: Scope): Promise<ScopePlan> {
  const own = ownFilter(scope.filter);
  await checkExcludedDns(reached, scope);
  const finder = new GroupFinder(reached);
  const nested = scope.nestedGroups;
  const include = await follow(reached, finder, { role: 'include', groups: scope.groups, nested });
  const exclude = await follow(reached, finder, { role: 'exclude', groups: scope.excludeGroups, nested });
  if (exclude !== null) mustBeWhole(exclude.followed);
  const doubts = include?.followed.doubts ?? [];
  // With doubts, people in none of the groups are needed too: they are not gone.
  const byServer = include === null || doubts.length > 0 ? null : await groupsFilter(reached, include.followed);
  const compared = byServer === null ? include : null;
  return {
    filter: scopeFilter(scope, own, byServer, reached.server.flavour),
    membership: membershipOf(
      compared && testOf(compared.followed),
      exclude && testOf(exclude.followed),
      new Set(scope.excludeBaseDns.map(canonicalDn)),
    ),
    parts: { own, byServer, include: include?.followed ?? null, exclude: exclude?.followed ?? null },
    notes: [...(include?.notes ?? []), ...(exclude?.notes ?? [])],
    doubt: doubts.length === 0 ? null : doubts.join(' '),
    unsure:
      doubts.length === 0 || !include?.followed.hidden
        ? null
        : { leftOutBy: 'NOT_IN_GROUP', names: include.followed.hidden },
    confirm: async () => {
      await checkExcludedDns(reached, scope);
      const groups = [...(include?.followed.groups ?? []), ...(exclude?.followed.groups ?? [])];
      await confirmGroups(reached, groups);
    },
  };
}

async function follow(
  reached: Reached,
  finder: GroupFinder,
  wanted: ToFollow,
): Promise<{ followed: FollowedGroups; notes: SourceNote[] } | null> {
  if (wanted.groups.length === 0) return null;
  const followed = await followGroups(reached, finder, wanted);
  return { followed, notes: await groupNotes(finder, { followed, nested: wanted.nested }) };
}

/** The plan of a scope, made once for a session that uses it several times. */
export type PlanOnce = (scope: Scope) => Promise<ScopePlan>;

export function planOnce(reached: Reached): PlanOnce {
  let made: { scope: Scope; plan: Promise<ScopePlan> } | null = null;
  return (scope) => {
    if (made?.scope !== scope) made = { scope, plan: planScope(reached, scope) };
    return made.plan;
  };
}

function ownFilter(text: string | null): LdapFilter | null {
  if (text === null || text.trim() === '') return null;
  const parsed = parseFilter(text);
  if (parsed.kind === 'ok') return parsed.filter;
  throw new AppError(
    'FILTER_REFUSED',
    `The scope's filter has a mistake at character ${parsed.position + 1}: ${parsed.message}`,
    {
      hint: 'Correct the filter (RFC 4515).',
    },
  );
}

/** Checks that excluded places exist. If a place was renamed and left out nobody, all of its people would come in. */
async function checkExcludedDns(reached: Reached, { excludeBaseDns }: Scope): Promise<void> {
  for (const dn of excludeBaseDns) {
    const gone = new AppError('BASE_DN_NOT_FOUND', `The excluded DN "${dn}" of the scope is not on this server.`, {
      hint: 'If it was renamed, write its new DN. If it was deleted, remove it from the scope.',
    });
    await checkThere(reached, dn, gone);
  }
}

/** Decides whether people are members of groups. */
type MemberTest = {
  attributes: readonly string[];
  isMember(dn: string, values: readonly (readonly string[])[]): boolean;
};

/** Compares people with the members of groups, by DN, by uid where a group names uids, and by primary group. */
function testOf({ members, groups }: FollowedGroups): MemberTest {
  const rids = new Set(groups.flatMap(({ rid }) => (rid === null ? [] : [rid])));
  const attributes: string[] = [];
  const tests: ((values: readonly string[]) => boolean)[] = [];
  if (members.uids > 0) {
    attributes.push('uid');
    tests.push((uids) => uids.some((uid) => members.hasUid(uid)));
  }
  if (rids.size > 0) {
    attributes.push('primaryGroupID');
    tests.push((ids) => ids.some((id) => rids.has(id)));
  }
  return {
    attributes,
    isMember: (dn, values) => members.hasDn(dn) || tests.some((test, i) => test(values[i] ?? [])),
  };
}

function membershipOf(
  include: MemberTest | null,
  exclude: MemberTest | null,
  excludedDns: ReadonlySet<string>,
): Membership | null {
  if (include === null && exclude === null && excludedDns.size === 0) return null;
  const ofInclude = include?.attributes ?? [];
  const excludedBy = (dn: string, values: readonly (readonly string[])[]): ExclusionReason | null => {
    if (exclude?.isMember(dn, values.slice(ofInclude.length))) return 'IN_EXCLUDED_GROUP';
    return excludedDns.size > 0 && isBelowOne(dn, excludedDns) ? 'BELOW_EXCLUDED_DN' : null;
  };
  return {
    attributes: [...ofInclude, ...(exclude?.attributes ?? [])],
    of: (text, values) => {
      const dn = canonicalDn(text);
      return { inGroups: include?.isMember(dn, values) ?? true, excluded: excludedBy(dn, values) };
    },
  };
}

/**
 * Whether a canonical DN is one of these or is below one. It goes up from the DN, so many of them cost no more than
 * one.
 */
function isBelowOne(dn: string, dns: ReadonlySet<string>): boolean {
  for (let at = 0; ; ) {
    if (dns.has(dn.slice(at))) return true;
    const next = dn.indexOf('\u0000', at);
    if (next < 0) return false;
    at = next + 1;
  }
}
