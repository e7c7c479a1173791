import { describe, expect, test } from '@jest/globals';
import type { ScopeRule } from '../../../src/core/connection.ts';
import type { ExclusionReason } from '../../../src/core/run.ts';
import { compileRules } from '../../../src/sync/scope/compile-rules.ts';
import { scopeDraft, scopeEntry } from '../../../src/sync/scope/scope-person.ts';
import { defaultScope } from '../../support/source-defaults.ts';

const entry = (disabled: boolean, notAPerson: boolean, inGroups: boolean, excluded: ExclusionReason | null = null) => ({
  disabled,
  notAPerson,
  inGroups,
  excluded,
  attributes: [],
});

describe('the scope before the mapping', () => {
  test.each([
    ['lets an enabled person of the groups in', entry(false, false, true), false, { kind: 'in' }],
    ['leaves out who is disabled', entry(true, false, true), false, { kind: 'out', reason: 'DISABLED' }],
    ['lets the disabled in when asked to', entry(true, false, true), true, { kind: 'in' }],
    ['leaves out who is in no group', entry(false, false, false), false, { kind: 'out', reason: 'NOT_IN_GROUP' }],
    [
      'leaves out who is excluded, and says by what',
      entry(false, false, true, 'BELOW_EXCLUDED_DN'),
      false,
      { kind: 'out', reason: 'BELOW_EXCLUDED_DN' },
    ],
    [
      'tells the first reason: in no group',
      entry(false, false, false, 'BELOW_EXCLUDED_DN'),
      false,
      { kind: 'out', reason: 'NOT_IN_GROUP' },
    ],
    [
      'leaves out what is no person, even when asked for the disabled',
      entry(false, true, true),
      true,
      { kind: 'out', reason: 'NOT_A_PERSON' },
    ],
    ['tells the first reason: no person', entry(true, true, false), false, { kind: 'out', reason: 'NOT_A_PERSON' }],
    ['tells the first reason: disabled', entry(true, false, false), false, { kind: 'out', reason: 'DISABLED' }],
  ])('%s', (_, each, includeDisabled, scoped) => {
    expect(scopeEntry(each, { includeDisabled }, null)).toEqual(scoped);
  });
});

describe('the scope after the mapping', () => {
  const EMAIL = [{ label: 'home', value: 'a@x.de' }];
  test.each([
    ['lets anybody in when no email is required', {}, false, { kind: 'in' }],
    ['lets in who has a primary email', { PRIMARY_EMAIL: 'a@x.de' }, true, { kind: 'in' }],
    ['lets in who has a labeled email', { EMAIL }, true, { kind: 'in' }],
    ['leaves out who has none', { DISPLAY_NAME: 'Anna' }, true, { kind: 'out', reason: 'NO_EMAIL' }],
  ])('%s', (_, values, requireEmail, scoped) => {
    expect(scopeDraft({ values }, { requireEmail })).toEqual(scoped);
  });
});

describe('rules that our own code applies to a person', () => {
  const anna = ['Sales  Team', undefined, ['Bonn', 'Köln']];
  const rule = (attribute: string, operator: ScopeRule['operator'], ...values: string[]): ScopeRule => ({
    attribute,
    operator,
    values,
  });
  const keyOf = (name: string): string => name;
  const meets = (match: 'ALL' | 'ANY', ...rules: ScopeRule[]): boolean =>
    compileRules({ match, rules }, ['team', 'grade', 'city'], { keyOf }).meets({ attributes: anna });

  test.each<[string, ScopeRule, boolean]>([
    ['equal without case and with one space for several', rule('team', 'EQUALS', 'SALES team'), true],
    ['equal to something else', rule('team', 'EQUALS', 'Sales'), false],
    ['one of several values', rule('city', 'EQUALS', 'köln'), true],
    ['in a list', rule('team', 'IN', 'IT', 'Sales Team'), true],
    ['in no list', rule('team', 'IN', 'IT'), false],
    ['not equal', rule('team', 'NOT_EQUALS', 'IT'), true],
    ['not equal, though a value is', rule('city', 'NOT_EQUALS', 'Bonn'), false],
    ['not in the list', rule('team', 'NOT_IN', 'IT', 'HR'), true],
    ['a negative one without the attribute', rule('grade', 'NOT_IN', 'A'), true],
    ['a beginning', rule('team', 'STARTS_WITH', 'sal'), true],
    ['an end', rule('team', 'ENDS_WITH', 'TEAM'), true],
    ['a part', rule('city', 'CONTAINS', 'öl'), true],
    ['no part', rule('city', 'CONTAINS', 'x'), false],
    ['there', rule('team', 'EXISTS'), true],
    ['not there', rule('grade', 'EXISTS'), false],
    ['absent', rule('grade', 'NOT_EXISTS'), true],
    ['another attribute by its case', rule('Team', 'EXISTS'), false],
  ])('%s', (_, each, met) => {
    expect(meets('ALL', each)).toBe(met);
  });

  test('all of them, or any', () => {
    const [yes, no] = [rule('team', 'EXISTS'), rule('grade', 'EXISTS')];
    expect([meets('ALL', yes, no), meets('ANY', yes, no), meets('ANY', no), meets('ALL'), meets('ANY')]).toEqual([
      false,
      true,
      false,
      true,
      true,
    ]);
  });

  test('request the attributes that only they need, each once', () => {
    const rules = [rule('grade', 'EXISTS'), rule('room', 'EXISTS'), rule('room', 'CONTAINS', '1')];
    expect(compileRules({ match: 'ALL', rules }, ['grade'], { keyOf }).attributes).toEqual(['grade', 'room']);
  });
});

test('by default everybody who is not disabled is in scope', () => {
  const scope = defaultScope('LDAP');
  expect(scopeEntry(entry(false, false, true), scope, null)).toEqual({ kind: 'in' });
  expect(scopeEntry(entry(true, false, true), scope, null)).toEqual({ kind: 'out', reason: 'DISABLED' });
  expect(scopeDraft({ values: {} }, scope)).toEqual({ kind: 'in' });
});
