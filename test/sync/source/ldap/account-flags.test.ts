import { describe, expect, test } from '@jest/globals';
import { accountFlags, fileTime, flagAttributes, NextExpiry } from '../../../../src/sync/source/ldap/account-flags.ts';

const now = fileTime(new Date('2026-06-01T00:00:00Z'));
/** The same time as Active Directory writes it. */
const nowText = '134247456000000000';

const flagsOf = (attributes: Record<string, string>): string => {
  const { disabled, notAPerson } = accountFlags(
    flagAttributes.map((name) => attributes[name]),
    flagAttributes.map((_name, i) => i),
    now,
  );
  return `${disabled ? 'disabled' : 'enabled'} ${notAPerson ? 'none' : 'person'}`;
};

describe('the flags of an account are read', () => {
  test.each<[Record<string, string>, string]>([
    [{}, 'enabled person'],
    [{ userAccountControl: '512' }, 'enabled person'],
    [{ userAccountControl: '514' }, 'disabled person'],
    [{ userAccountControl: '66050' }, 'disabled person'],
    [{ userAccountControl: '66048' }, 'enabled person'],
    [{ userAccountControl: '4096' }, 'enabled none'],
    [{ userAccountControl: '532480' }, 'enabled none'],
    [{ userAccountControl: '2080' }, 'enabled none'],
    [{ userAccountControl: 'x' }, 'enabled person'],
    [{ sAMAccountName: 'PC01$' }, 'enabled none'],
    [{ sAMAccountName: 'ada' }, 'enabled person'],
    [{ nsAccountLock: 'true' }, 'disabled person'],
    [{ nsAccountLock: 'FALSE' }, 'enabled person'],
    [{ loginDisabled: 'TRUE' }, 'disabled person'],
    [{ 'msDS-UserAccountDisabled': 'TRUE' }, 'disabled person'],
    [{ pwdAccountLockedTime: '000001010000Z' }, 'disabled person'],
    [{ pwdAccountLockedTime: '20260101000000Z' }, 'enabled person'],
    [{ accountExpires: '0' }, 'enabled person'],
    [{ accountExpires: '9223372036854775807' }, 'enabled person'],
    [{ accountExpires: nowText }, 'disabled person'],
    [{ accountExpires: '134247456000000001' }, 'enabled person'],
    [{ accountExpires: '1' }, 'disabled person'],
    [{ accountExpires: '-1' }, 'enabled person'],
    [{ accountExpires: 'never' }, 'enabled person'],
    [{ isCriticalSystemObject: 'TRUE' }, 'enabled none'],
    [{ isCriticalSystemObject: 'FALSE' }, 'enabled person'],
    [{ objectSid: 'S-1-5-21-1-2-3-500', sAMAccountName: 'Verwalter' }, 'enabled none'],
    [{ objectSid: 'S-1-5-21-1-2-3-501', sAMAccountName: 'Gast' }, 'enabled none'],
    [{ objectSid: 'S-1-5-21-1-2-3-1000', sAMAccountName: 'guest' }, 'enabled person'],
    [{ objectSid: 'S-1-5-21-1-2-3-11500' }, 'enabled person'],
    [{ sAMAccountName: 'Administrator' }, 'enabled none'],
    [{ sAMAccountName: 'krbtgt' }, 'enabled none'],
    [{ objectSid: 'S-1-5-21-1-2-3-1105', sAMAccountName: 'krbtgt_12345' }, 'enabled none'],
    [{ sAMAccountName: 'DefaultAccount' }, 'enabled none'],
    [{ sAMAccountName: 'jguest' }, 'enabled person'],
  ])('%j', (attributes, flags) => {
    expect(flagsOf(attributes)).toBe(flags);
  });
});

test('the account that expires next is the first one after now', () => {
  const expiry = new NextExpiry(now);
  for (const value of [undefined, 'never', '0', '1', '9223372036854775807', nowText]) expiry.see(value);
  expect(expiry.at).toBeNull();
  for (const value of ['134247456000000900', ['134247456000000500'], '134247456000000700']) expiry.see(value);
  expiry.add(null);
  expect(expiry.at).toBe(134247456000000500n);
});
