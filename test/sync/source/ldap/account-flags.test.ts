import { describe, expect, test } from '@jest/globals';
import { accountFlags, flagAttributes } from '../../../../src/sync/source/ldap/account-flags.ts';

const flagsOf = (attributes: Record<string, string>): string => {
  const { disabled, notAPerson } = accountFlags(
    flagAttributes.map((name) => attributes[name]),
    flagAttributes.map((_name, i) => i),
  );
  return `${disabled ? 'disabled' : 'enabled'} ${notAPerson ? 'machine' : 'person'}`;
};

describe('the flags of an account are read', () => {
  test.each<[Record<string, string>, string]>([
    [{}, 'enabled person'],
    [{ userAccountControl: '512' }, 'enabled person'],
    [{ userAccountControl: '514' }, 'disabled person'],
    [{ userAccountControl: '66050' }, 'disabled person'],
    [{ userAccountControl: '66048' }, 'enabled person'],
    [{ userAccountControl: '4096' }, 'enabled machine'],
    [{ userAccountControl: '532480' }, 'enabled machine'],
    [{ userAccountControl: '2080' }, 'enabled machine'],
    [{ userAccountControl: 'x' }, 'enabled person'],
    [{ sAMAccountName: 'PC01$' }, 'enabled machine'],
    [{ sAMAccountName: 'ada' }, 'enabled person'],
    [{ nsAccountLock: 'true' }, 'disabled person'],
    [{ nsAccountLock: 'FALSE' }, 'enabled person'],
    [{ loginDisabled: 'TRUE' }, 'disabled person'],
    [{ 'msDS-UserAccountDisabled': 'TRUE' }, 'disabled person'],
    [{ pwdAccountLockedTime: '000001010000Z' }, 'disabled person'],
    [{ pwdAccountLockedTime: '20260101000000Z' }, 'enabled person'],
  ])('%j', (attributes, flags) => {
    expect(flagsOf(attributes)).toBe(flags);
  });
});
