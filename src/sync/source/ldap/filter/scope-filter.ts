import type { Scope, ScopeRule } from '../../../../core/connection.ts';
import { type Flavour, flavours } from '../flavour.ts';
import { and, equal, type LdapFilter, not, or, present } from './filter.ts';

type Compare = (attribute: string, values: string[]) => LdapFilter;

const oneOf: Compare = (attribute, values) => or(values.map((value) => equal(attribute, value)));

function substrings(place: 'initial' | 'final' | 'any'): Compare {
  return (attribute, values) => or(values.map((value) => substring(attribute, place, Buffer.from(value))));
}

function substring(attribute: string, place: 'initial' | 'final' | 'any', value: Buffer): LdapFilter {
  return {
    kind: 'substrings',
    attribute,
    initial: place === 'initial' ? value : null,
    any: place === 'any' ? [value] : [],
    final: place === 'final' ? value : null,
  };
}

/** Each operator as a filter: one of the values must fit, or none of them. People without the attribute meet negative operators. */
const operators: Record<ScopeRule['operator'], Compare> = {
  EQUALS: oneOf,
  IN: oneOf,
  NOT_EQUALS: (attribute, values) => not(oneOf(attribute, values)),
  NOT_IN: (attribute, values) => not(oneOf(attribute, values)),
  STARTS_WITH: substrings('initial'),
  ENDS_WITH: substrings('final'),
  CONTAINS: substrings('any'),
  EXISTS: (attribute) => present(attribute),
  NOT_EXISTS: (attribute) => not(present(attribute)),
};

/** One rule of a scope as a filter. */
export function ruleFilter({ attribute, operator, values }: ScopeRule): LdapFilter {
  return operators[operator](attribute, values);
}

/**
 * The filter of a scope: people, the rules, the scope's own filter, and `groups` unless it is null; all must be met. If the own
 * filter names object classes itself, it is not narrowed to people.
 */
export function scopeFilter(
  scope: Scope,
  own: LdapFilter | null,
  groups: LdapFilter | null,
  flavour: Flavour,
): LdapFilter {
  const parts: LdapFilter[] = [];
  if (own === null || !namesClass(own)) parts.push(flavours[flavour].people);
  if (own !== null) parts.push(own);
  if (scope.rules.length > 0) parts.push((scope.match === 'ALL' ? and : or)(scope.rules.map(ruleFilter)));
  if (groups !== null) parts.push(groups);
  return and(parts);
}

/** Whether each entry that meets the filter has an object class that the filter names. */
export function namesClass(filter: LdapFilter): boolean {
  if (filter.kind === 'and') return filter.filters.some(namesClass);
  if (filter.kind === 'or') return filter.filters.every(namesClass);
  return (
    filter.kind === 'equal' &&
    ['objectclass', 'objectcategory', 'samaccounttype'].includes(filter.attribute.toLowerCase())
  );
}
