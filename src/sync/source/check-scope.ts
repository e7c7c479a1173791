import type { Scope, ScopeRule } from '../../core/connection.ts';
import { isOneLine } from '../../core/one-line.ts';
import { quoteValue } from '../../core/quote-value.ts';
import type { Fault } from '../../core/user-error.ts';
import { parseDn } from './ldap/dn.ts';
import { parseFilter } from './ldap/filter/parse-filter.ts';
import { tooLong, tooMany } from './size-faults.ts';

const attributeName = /^(?:[A-Za-z][\w-]*|\d+(?:\.\d+)+)(?:;[\w-]+)*$/;
/** Longer filters are refused by servers, and nobody can read them. */
const maxFilterLength = 20_000;
const mostGroups = 500;
const mostRules = 100;
/** Of all rules together. */
const mostValues = 1000;

/**
 * Everything that is wrong with a scope as far as can be told without contacting the source. Codes: REQUIRED,
 * INVALID_FILTER, INVALID_ATTRIBUTE, INVALID_GROUP, UNWANTED, TOO_MANY, TOO_LONG.
 */
export function checkScope(scope: Scope): Fault[] {
  return [...groupsFaults(scope.groups), ...rulesFaults(scope.rules), ...filterFaults(scope.filter)];
}

function groupsFaults(groups: readonly string[]): Fault[] {
  const faults = tooMany(['groups'], groups, mostGroups);
  return faults.length > 0 ? faults : groups.flatMap(groupFaults);
}

function rulesFaults(rules: readonly ScopeRule[]): Fault[] {
  const values = rules.flatMap((rule) => rule.values);
  const faults = tooMany(['rules'], rules, mostRules);
  if (values.length > mostValues)
    faults.push({
      path: ['rules'],
      code: 'TOO_MANY',
      message: `All rules together have at most ${mostValues} values.`,
    });
  return faults.length > 0 ? faults : rules.flatMap(ruleFaults);
}

/** A group is a DN, or the name (cn) of a group; a text with "=" in it is meant as a DN. */
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

function ruleFaults(rule: ScopeRule, i: number): Fault[] {
  const path = ['rules', String(i)];
  const faults = tooLong([...path, 'attribute'], rule.attribute);
  if (faults.length === 0 && !attributeName.test(rule.attribute)) {
    const message =
      rule.attribute === '' ? 'The attribute is missing.' : `${quoteValue(rule.attribute)} is no name of an attribute.`;
    faults.push({ path: [...path, 'attribute'], code: 'INVALID_ATTRIBUTE', message });
  }
  return [...faults, ...valueFaults(rule, [...path, 'values'])];
}

function valueFaults({ operator, values }: ScopeRule, path: string[]): Fault[] {
  if (operator === 'EXISTS' || operator === 'NOT_EXISTS') {
    return values.length === 0 ? [] : [{ path, code: 'UNWANTED', message: `${operator} takes no values.` }];
  }
  if (values.length === 0) return [{ path, code: 'REQUIRED', message: `${operator} needs a value.` }];
  if (values.length > 1 && operator !== 'IN' && operator !== 'NOT_IN') {
    return [
      {
        path,
        code: 'UNWANTED',
        message: `${operator} takes one value; for several use ${operator === 'NOT_EQUALS' ? 'NOT_IN' : 'IN'}, or a rule for each.`,
      },
    ];
  }
  return values.flatMap((value, i) =>
    value === ''
      ? [{ path: [...path, String(i)], code: 'REQUIRED', message: 'A value is empty.' }]
      : tooLong([...path, String(i)], value),
  );
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
