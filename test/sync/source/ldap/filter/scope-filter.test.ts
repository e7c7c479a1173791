import { describe, expect, test } from '@jest/globals';
import type { Scope, ScopeRule } from '../../../../../src/core/connection.ts';
import { filterText } from '../../../../../src/sync/source/ldap/filter/filter.ts';
import { parseFilter } from '../../../../../src/sync/source/ldap/filter/parse-filter.ts';
import { ruleFilter, scopeFilter } from '../../../../../src/sync/source/ldap/filter/scope-filter.ts';
import type { Flavour } from '../../../../../src/sync/source/ldap/flavour.ts';
import { scopeOf } from '../../../../support/ldap-reading.ts';

describe('a rule becomes a filter', () => {
  test.each<[ScopeRule['operator'], string[], string]>([
    ['EQUALS', ['Sales'], '(l=Sales)'],
    ['NOT_EQUALS', ['Sales'], '(!(l=Sales))'],
    ['IN', ['A', 'B'], '(|(l=A)(l=B))'],
    ['NOT_IN', ['A', 'B'], '(!(|(l=A)(l=B)))'],
    ['STARTS_WITH', ['A'], '(l=A*)'],
    ['ENDS_WITH', ['A'], '(l=*A)'],
    ['CONTAINS', ['A'], '(l=*A*)'],
    ['EXISTS', [], '(l=*)'],
    ['NOT_EXISTS', [], '(!(l=*))'],
    ['EQUALS', ['*'], '(l=\\2a)'],
    ['CONTAINS', ['a*(b)\\\0'], '(l=*a\\2a\\28b\\29\\5c\\00*)'],
    ['EQUALS', ['Göteborg'], '(l=Göteborg)'],
    ['EQUALS', [')(uid=*'], '(l=\\29\\28uid=\\2a)'],
  ])('%s %j', (operator, values, filter) => {
    expect(filterText(ruleFilter({ attribute: 'l', operator, values }))).toBe(filter);
  });
});

const people = '(|(objectClass=person)(objectClass=inetOrgPerson)(objectClass=organizationalPerson))';
const rules: ScopeRule[] = [
  { attribute: 'l', operator: 'EQUALS', values: ['Berlin'] },
  { attribute: 'o', operator: 'EXISTS', values: [] },
];

describe('a scope becomes a filter', () => {
  test.each<[string, Flavour, Partial<Scope>, string]>([
    ['of people', 'OPENLDAP', {}, people],
    ['of users in Active Directory', 'ACTIVE_DIRECTORY', {}, '(&(objectCategory=person)(objectClass=user))'],
    ['with all rules', 'OPENLDAP', { rules }, `(&${people}(&(l=Berlin)(o=*)))`],
    ['with any rule', 'OPENLDAP', { rules, match: 'ANY' }, `(&${people}(|(l=Berlin)(o=*)))`],
    ['with a filter of its own', 'OPENLDAP', { filter: '(mail=*)' }, `(&${people}(mail=*))`],
    [
      'with a filter that names its class',
      'OPENLDAP',
      { filter: '(&(objectClass=account)(uid=*))' },
      '(&(objectClass=account)(uid=*))',
    ],
    [
      'with a filter that only excludes a class',
      'OPENLDAP',
      { filter: '(!(objectClass=account))' },
      `(&${people}(!(objectClass=account)))`,
    ],
    [
      'with a filter that names a class on one side only',
      'OPENLDAP',
      { filter: '(|(objectClass=x)(uid=*))' },
      `(&${people}(|(objectClass=x)(uid=*)))`,
    ],
  ])('%s', (_name, flavour, changes, text) => {
    const scope = scopeOf(changes);
    const own = scope.filter === null ? null : parseFilter(scope.filter);
    expect(filterText(scopeFilter(scope, own?.kind === 'ok' ? own.filter : null, null, flavour))).toBe(text);
  });
});
