import type { Scope } from '../../../core/connection.ts';
import { isOneLine, quoteValue } from '../../../core/outside-text.ts';
import type { Fault, ValueFault } from '../../../core/user-error.ts';
import { checkRules, tooLong, tooMany } from '../shared-checks.ts';
import { isAttributeName } from './attribute-name.ts';
import { parseDn } from './dn.ts';
import { parseFilter } from './filter/parse-filter.ts';

/** Servers refuse longer filters, and nobody can read them. */
const maxFilterLength = 20_000;
const mostGroups = 500;

/**
 * All faults of a scope that can be found without contacting the source. Codes: REQUIRED, INVALID_FILTER, INVALID_ATTRIBUTE,
 * INVALID_GROUP, NOT_SUPPORTED, UNWANTED, TOO_MANY, TOO_LONG.
 */
export function checkScope(scope: Scope): Fault[] {
  return [
    ...groupsFaults(scope.groups),
    ...nestedFaults(scope),
    ...checkRules(scope.rules, ruleFault),
    ...filterFaults(scope.filter),
  ];
}

function groupsFaults(groups: readonly string[]): Fault[] {
  const faults = tooMany(['groups'], groups, mostGroups);
  return faults.length > 0 ? faults : groups.flatMap(groupFaults);
}

function nestedFaults({ nestedGroups }: Scope): Fault[] {
  const message = 'Groups within groups are not followed yet: name each group whose members should come in.';
  return nestedGroups ? [{ path: ['nestedGroups'], code: 'NOT_SUPPORTED', message }] : [];
}

/** A group is given as a DN or as its name (cn). A text with "=" counts as a DN. */
function groupFaults(group: string, i: number): Fault[] {
  const path = ['groups', String(i)];
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
