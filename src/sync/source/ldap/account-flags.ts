import type { AttributeValue } from '../../../core/entry.ts';

/**
 * Attributes that show whether an account is disabled, or does not belong to a person. `accountFlags` relies on their
 * order.
 */
export const flagAttributes = [
  'userAccountControl',
  'nsAccountLock',
  'loginDisabled',
  'msDS-UserAccountDisabled',
  'pwdAccountLockedTime',
  'sAMAccountName',
  'accountExpires',
  'isCriticalSystemObject',
  'objectSid',
] as const;

export type AccountFlag = (typeof flagAttributes)[number];

const accountDisable = 0x2;
/** Accounts of workstations, servers and other domains (MS-ADTS 2.2.16). */
const trustAccount = 0x0800 | 0x1000 | 0x2000;
/** OpenLDAP's mark for an account that an administrator has locked for good (ppolicy). */
const lockedForGood = '000001010000Z';
/** Values of accountExpires (MS-ADTS 2.2.1.2) that mean never. */
const neverExpires = [0n, 0x7fff_ffff_ffff_ffffn];
/** From 1601, where FILETIME begins, to 1970, in milliseconds. */
const fileTimeStartMs = -11_644_473_600_000n;

/**
 * Accounts that Active Directory makes itself, in any language: the last part of their SID (RID) is below 1000 (Administrator
 * 500, Guest 501, krbtgt 502, DefaultAccount 503). The RIDs of people begin at 1000 (MS-DTYP 2.4.2.4).
 */
const builtInSid = /^S-1-5-21-\d+-\d+-\d+-\d{1,3}$/;
/** The same accounts by their English names, where the SID can't be read. */
const builtInName = /^(?:administrator|guest|krbtgt|defaultaccount|wdagutilityaccount)$/i;
/** Machines, and the krbtgt of read-only domain controllers. */
const machineName = /\$$|^krbtgt_\d+$/i;

function first(value: AttributeValue): string | undefined {
  return typeof value === 'string' ? value : value?.[0];
}

function isTrue(value: AttributeValue): boolean {
  return first(value)?.toUpperCase() === 'TRUE';
}

/** A time as a Windows FILETIME: steps of 100 ns since 1601. */
export function fileTime(time: Date): bigint {
  return (BigInt(time.getTime()) - fileTimeStartMs) * 10_000n;
}

/**
 * Reads the flags of an account at the time `now` (a FILETIME). `values[slots[i]]` belongs to `flagAttributes[i]`; a slot of -1: this
 * kind of server does not have the flag.
 */
export function accountFlags(
  values: readonly AttributeValue[],
  slots: readonly number[],
  now: bigint,
): { disabled: boolean; notAPerson: boolean } {
  const flag = (i: number): AttributeValue => values[slots[i] ?? -1];
  const control = Number(first(flag(0)) ?? 0);
  const disabled =
    (control & accountDisable) !== 0 ||
    isTrue(flag(1)) ||
    isTrue(flag(2)) ||
    isTrue(flag(3)) ||
    first(flag(4)) === lockedForGood ||
    hasExpired(first(flag(6)), now);
  const notAPerson = (control & trustAccount) !== 0 || isBuiltIn(first(flag(5)), flag(7), first(flag(8)));
  return { disabled, notAPerson };
}

function hasExpired(expires: string | undefined, now: bigint): boolean {
  const at = expiryOf(expires);
  return at !== null && at <= now;
}

/** The time at which an account expires (accountExpires). Null: never. */
function expiryOf(expires: string | undefined): bigint | null {
  if (expires === undefined || !/^\d{1,19}$/.test(expires)) return null;
  const at = BigInt(expires);
  return neverExpires.includes(at) ? null : at;
}

/**
 * Finds the time at which the next account expires, after the time `now` (a FILETIME). The entry does not change then,
 * so no mark would show it.
 */
export class NextExpiry {
  /** Null: none of the accounts seen so far expires. */
  at: bigint | null = null;
  readonly #now: bigint;

  constructor(now: bigint) {
    this.#now = now;
  }

  /** Reads the accountExpires value of an account. */
  see(value: AttributeValue): void {
    if (value !== undefined) this.add(expiryOf(first(value)));
  }

  add(at: bigint | null): void {
    if (at !== null && at > this.#now && (this.at === null || at < this.at)) this.at = at;
  }
}

/** Whether the account belongs to a machine, or to Active Directory itself. */
function isBuiltIn(name = '', critical: AttributeValue, sid: string | undefined): boolean {
  if (isTrue(critical) || machineName.test(name)) return true;
  return sid === undefined ? builtInName.test(name) : builtInSid.test(sid);
}
