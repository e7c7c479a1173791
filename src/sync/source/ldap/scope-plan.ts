import { AppError } from '../../../core/app-error.ts';
import type { Scope } from '../../../core/connection.ts';
import type { SourceNote } from '../../../core/entry.ts';
import type { ExclusionReason } from '../../../core/run.ts';
import { canonicalDn, isWithinDn } from './dn.ts';
import type { LdapFilter } from './filter/filter.ts';
import { parseFilter } from './filter/parse-filter.ts';
import { scopeFilter } from './filter/scope-filter.ts';
import { type GroupPlan, planGroups } from './group-plan.ts';
import { checkThere, type Reached } from './reach.ts';

/**
 * How a read decides who is in scope. A search with `filter` below the base DNs finds everybody who can be; `membership` then
 * decides about each of them by DN. Any other search of the scope (only ids, only changed people) needs both as well.
 */
export type ScopePlan = {
  /** The part that the server decides: people, rules, the scope's own filter, groups where memberOf can be trusted. */
  filter: LdapFilter;
  /** The part that is decided here. Null: the filter has decided all. */
  membership: Membership | null;
  /** Warnings about the scope. */
  notes: SourceNote[];
  /**
   * Asks at the end of a read whether all that the scope names is still where it was. If not, people may have come or be missing
   * because of it. Throws AppError.
   */
  confirm(): Promise<void>;
};

/** Decides about people by DN: groups whose members the server can't filter, and what the scope excludes. */
export type Membership = {
  /** Whether `uid` is needed beside the DN: a group names its members by it. */
  needsUid: boolean;
  /** `uids` are the values of `uid`, where they are needed. */
  of(dn: string, uids: readonly string[]): Standing;
};

/** What becomes of a person by groups and excludes. */
export type Standing = { inGroups: boolean; excluded: ExclusionReason | null };

/** Finds all that the scope names in the directory. Throws AppError FILTER_REFUSED, GROUP_NOT_FOUND, BASE_DN_NOT_FOUND. */
export async function planScope(reached: Reached, scope: Scope): Promise<ScopePlan> {
  const own = ownFilter(scope.filter);
  const confirm = async (): Promise<void> => {
    for (const dn of scope.excludeBaseDns) await checkThere(reached, dn, excludedDnGone(dn));
  };
  await confirm();
  const { plan: groups, notes } = await planGroups(reached, scope.groups);
  const byServer = groups.kind === 'filter' ? groups.filter : null;
  return {
    filter: scopeFilter(scope, own, byServer, reached.server.flavour),
    membership: membershipOf(groups, scope.excludeBaseDns.map(canonicalDn)),
    notes,
    confirm,
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

/** If a renamed place left out nobody, all people of that place would come in. */
function excludedDnGone(dn: string): AppError {
  return new AppError('BASE_DN_NOT_FOUND', `The excluded DN "${dn}" of the scope is not on this server.`, {
    hint: 'If it was renamed, write its new DN. If it was deleted, remove it from the scope.',
  });
}

function membershipOf(groups: GroupPlan, excludedDns: readonly string[]): Membership | null {
  if (groups.kind !== 'members' && excludedDns.length === 0) return null;
  const inGroups = (dn: string, uids: readonly string[]): boolean =>
    groups.kind !== 'members' || groups.dns.has(dn) || uids.some((uid) => groups.uids.has(uid.toLowerCase()));
  return {
    needsUid: groups.kind === 'members' && groups.uids.size > 0,
    of: (text, uids) => {
      const dn = canonicalDn(text);
      const below = excludedDns.some((excluded) => isWithinDn(dn, excluded));
      return { inGroups: inGroups(dn, uids), excluded: below ? 'BELOW_EXCLUDED_DN' : null };
    },
  };
}
