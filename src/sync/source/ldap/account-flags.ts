import type { AttributeValue } from '../../../core/directory.ts';

/** The attributes by which servers say that an account is switched off, or no person's; in the order that `accountFlags` takes them. */
export const flagAttributes = [
  'userAccountControl',
  'nsAccountLock',
  'loginDisabled',
  'msDS-UserAccountDisabled',
  'pwdAccountLockedTime',
  'sAMAccountName',
] as const;

const accountDisable = 0x2;
/** Accounts of workstations, servers and other domains (MS-ADTS 2.2.16). */
const trustAccount = 0x0800 | 0x1000 | 0x2000;
/** The time at which an OpenLDAP account is locked for good by its administrator (ppolicy). */
const lockedForGood = '000001010000Z';

const first = (value: AttributeValue): string | undefined => (typeof value === 'string' ? value : value?.[0]);
const isTrue = (value: AttributeValue): boolean => first(value)?.toUpperCase() === 'TRUE';

/** Reads the flags of an account; `values[slots[i]]` belongs to the i-th of `flagAttributes`. */
export function accountFlags(
  values: readonly AttributeValue[],
  slots: readonly number[],
): { disabled: boolean; notAPerson: boolean } {
  const flag = (i: number): AttributeValue => values[slots[i] ?? -1];
  const control = Number(first(flag(0)) ?? 0);
  const disabled =
    (control & accountDisable) !== 0 ||
    isTrue(flag(1)) ||
    isTrue(flag(2)) ||
    isTrue(flag(3)) ||
    first(flag(4)) === lockedForGood;
  return { disabled, notAPerson: (control & trustAccount) !== 0 || (first(flag(5))?.endsWith('$') ?? false) };
}
