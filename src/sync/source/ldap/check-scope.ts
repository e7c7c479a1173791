import type { Scope } from '../../../core/connection.ts';
import { isOneLine, listed, quoteValue } from '../../../core/outside-text.ts';
import type { Fault, ValueFault } from '../../../core/user-error.ts';
import { checkRules, tooLong, tooMany } from '../shared-checks.ts';
import { isAttributeName } from './attribute-name.ts';
import { dnFaults } from './check-settings.ts';
import { canonicalDn, isWithinDn, parseDn } from './dn.ts';
import { parseFilter } from './filter/parse-filter.ts';
import type { LdapSettings } from './ldap-settings.ts';

/** Servers refuse longer filters, and nobody can read them. */
const maxFilterLength = 20_000;
const mostGroups = 500;
const mostExcludedDns = 500;

/**
 * All faults of a scope that can be found without contacting the source. Codes: REQUIRED, INVALID_FILTER, INVALID_ATTRIBUTE,
 * INVALID_GROUP, INVALID_DN, CONTRADICTION, UNWANTED, TOO_MANY, TOO_LONG.
 */
export function checkScope(scope: Scope, { baseDns }: Pick<LdapSettings, 'baseDns'>): Fault[] {
  return [
    ...groupsFaults('groups', scope.groups),
    ...groupsFaults('excludeGroups', scope.excludeGroups),
    ...excludedDnFaults(scope.excludeBaseDns, baseDns),
    ...checkRules(scope.rules, ruleFault),
    ...filterFaults(scope.filter),
  ];
}

type GroupList = 'groups' | 'excludeGroups';

function groupsFaults(list: GroupList, groups: readonly string[]): Fault[] {
  const faults = tooMany([list], groups, mostGroups);
  return faults.length > 0 ? faults : groups.flatMap((group, i) => groupFaults([list, String(i)], group));
}

/** A group is given as a DN or as its name (cn, on Active Directory also
 * sAMAccountName). A text with "=" counts as a DN. */
function groupFaults(path: string[], group: string): Fault[] {
  if (group.trim() === '') return [{ path, code: 'REQUIRED', message: 'The name of a group is empty.' }];
  if (!isOneLine(group)) {
    const message = 'A group has no control characters and is written on one line.';
    return [{ path, code: 'INVALID_GROUP', message }];
  }
  const long = tooLong(path, group);
  if (long.length > 0) return long;
  const parsed = parseDn(group);
  if (parsed.kind === 'ok' || !group.includes('=')) return [];
  return [
    {
      path,
      code: 'INVALID_GROUP',
      message: `${quoteValue(group)} is no DN: ${parsed.message} (at character ${parsed.position + 1}).`,
    },
  ];
}

/**
 * The faults of excluded DNs. An excluded DN that is below no base DN leaves nobody out. It is a mistake, and nobody
 * would notice it.
 */
function excludedDnFaults(dns: readonly string[], baseDns: readonly string[]): Fault[] {
  const many = tooMany(['excludeBaseDns'], dns, mostExcludedDns);
  if (many.length > 0) return many;
  const bases = baseDns.map(canonicalDn);
  const basesAreDns = baseDns.every((base) => parseDn(base).kind === 'ok');
  return dns.flatMap((text, i) => {
    const path = ['excludeBaseDns', String(i)];
    const faults = dnFaults(path, text, 'An excluded DN');
    if (faults.length > 0 || !basesAreDns) return faults;
    const dn = canonicalDn(text);
    if (bases.some((base) => isWithinDn(base, dn))) {
      const message = `${quoteValue(text)} leaves out a whole base DN: exclude a part of it, or remove the base DN.`;
      return [{ path, code: 'CONTRADICTION', message }];
    }
    if (bases.some((base) => isWithinDn(dn, base))) return [];
    const message = `${quoteValue(text)} lies below none of the base DNs (${listed(baseDns)}), so it leaves out nobody.`;
    return [{ path, code: 'CONTRADICTION', message }];
  });
}

function ruleFault(attribute: string): ValueFault | null {
  const message = `${quoteValue(attribute)} is no name of an attribute.`;
  return isAttributeName(attribute) ? null : { code: 'INVALID_ATTRIBUTE', message };
}

function filterFaults(filter: string | null): Fault[] {
  if (filter === null || filter.trim() === '') return [];
  if (filter.length > maxFilterLength)
    return [
      { path: ['filter'], code: 'INVALID_FILTER', message: `The filter is longer than ${maxFilterLength} characters.` },
    ];
  const parsed = parseFilter(filter);
  if (parsed.kind === 'ok') return [];
  return [{ path: ['filter'], code: 'INVALID_FILTER', message: `Character ${parsed.position + 1}: ${parsed.message}` }];
}
