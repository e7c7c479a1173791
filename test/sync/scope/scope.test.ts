import { describe, expect, test } from '@jest/globals';
import { scopeDraft } from '../../../src/sync/scope/scope-draft.ts';
import { scopeEntry } from '../../../src/sync/scope/scope-entry.ts';
import { defaultScope } from '../../support/source-defaults.ts';

const entry = (disabled: boolean, notAPerson: boolean, inGroups: boolean) => ({ disabled, notAPerson, inGroups });

describe('the scope before the mapping', () => {
  test.each([
    ['lets an enabled person of the groups in', entry(false, false, true), false, { kind: 'in' }],
    ['leaves out who is disabled', entry(true, false, true), false, { kind: 'out', reason: 'DISABLED' }],
    ['lets the disabled in when asked to', entry(true, false, true), true, { kind: 'in' }],
    ['leaves out who is in no group', entry(false, false, false), false, { kind: 'out', reason: 'NOT_IN_GROUP' }],
    [
      'leaves out what is no person, even when asked for the disabled',
      entry(false, true, true),
      true,
      { kind: 'out', reason: 'NOT_A_PERSON' },
    ],
    ['tells the first reason: no person', entry(true, true, false), false, { kind: 'out', reason: 'NOT_A_PERSON' }],
    ['tells the first reason: disabled', entry(true, false, false), false, { kind: 'out', reason: 'DISABLED' }],
  ])('%s', (_, each, includeDisabled, scoped) => {
    expect(scopeEntry(each, { includeDisabled })).toEqual(scoped);
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

test('by default everybody who is not disabled is in', () => {
  const scope = defaultScope('LDAP');
  expect(scopeEntry(entry(false, false, true), scope)).toEqual({ kind: 'in' });
  expect(scopeEntry(entry(true, false, true), scope)).toEqual({ kind: 'out', reason: 'DISABLED' });
  expect(scopeDraft({ values: {} }, scope)).toEqual({ kind: 'in' });
});
