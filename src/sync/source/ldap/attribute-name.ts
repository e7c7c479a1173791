import { quoteValue } from '../../../core/quote-value.ts';
import type { ValueFault } from '../../../core/user-error.ts';

/** Attribute description of RFC 4512, 2.5: a name or an OID, with options such as `;lang-en`; underscores as some servers have. */
const shape = /^(?:[A-Za-z][A-Za-z0-9_-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*$/;
const longestName = 128;

export function isAttributeName(text: string): boolean {
  return text.length <= longestName && shape.test(text);
}

/** The same without options: `entryUUID`, `2.5.4.3`. */
export function isPlainAttributeName(text: string): boolean {
  return isAttributeName(text) && !text.includes(';');
}

/** Pictures (megabytes a person) and what authenticates people: never asked for. */
const forbidden = new Set(
  [
    ...['jpegPhoto', 'thumbnailPhoto', 'thumbnailLogo', 'photo', 'audio', 'exchangePhoto'],
    ...['userPassword', 'unicodePwd', 'authPassword', 'dBCSPwd', 'lmPwdHistory', 'ntPwdHistory'],
    ...['supplementalCredentials', 'sambaNTPassword', 'sambaLMPassword', 'sambaPasswordHistory', 'ipaNTHash'],
    ...['krbPrincipalKey', 'krbPwdHistory', 'passwordHistory', 'pwdHistory', 'ms-Mcs-AdmPwd', 'msLAPS-Password'],
    ...['msLAPS-EncryptedPassword', 'userPKCS12', 'msDS-ManagedPassword', 'msFVE-RecoveryPassword'],
    ...['nspmDistributionPassword', 'ipaTokenOTPkey'],
  ].map((name) => name.toLowerCase()),
);

/** Whether an attribute is never read, with options or without. */
export function isForbidden(name: string): boolean {
  return forbidden.has(name.toLowerCase().split(';', 1)[0] ?? '');
}

/** Why a mapping can't ask for an attribute of this name. Null: it can. */
export function attributeFault(name: string): ValueFault | null {
  if (!isAttributeName(name))
    return { code: 'INVALID_ATTRIBUTE', message: `${quoteValue(name)} is not the name of an attribute.` };
  if (!isForbidden(name)) return null;
  return { code: 'ATTRIBUTE_NOT_ALLOWED', message: `${name} is never read: it holds a picture or a secret.` };
}

/**
 * Names by which servers know the same attribute (RFC 4519, RFC 4524, RFC 2798): asked for one, they may answer with
 * the other.
 */
const aliases: readonly (readonly string[])[] = [
  ['cn', 'commonname'],
  ['sn', 'surname'],
  ['givenname', 'gn'],
  ['mail', 'rfc822mailbox'],
  ['uid', 'userid'],
  ['l', 'localityname'],
  ['st', 'stateorprovincename'],
  ['street', 'streetaddress'],
  ['o', 'organizationname'],
  ['ou', 'organizationalunitname'],
  ['c', 'countryname'],
  ['co', 'friendlycountryname'],
  ['dc', 'domaincomponent'],
  ['mobile', 'mobiletelephonenumber'],
  ['pager', 'pagertelephonenumber'],
  ['homephone', 'hometelephonenumber'],
  ['facsimiletelephonenumber', 'fax'],
];

const aliasOf = new Map(aliases.flatMap(([a = '', b = '']) => [[a, b] as const, [b, a] as const]));

/** The other name of an attribute, or undefined; both in lower case. */
export function otherName(name: string): string | undefined {
  return aliasOf.get(name);
}

/** An attribute description in one way of writing: lower case, options sorted (`cn;Lang-EN` is `cn;lang-en`). */
export function normalName(description: string): string {
  const lower = description.trim().toLowerCase();
  if (!lower.includes(';')) return lower;
  const [name = '', ...options] = lower.split(';');
  return [name, ...options.sort()].join(';');
}

/** `member;range=0-1499` taken apart; `next` is null on the last part (`*`). Null for a name without a range. */
export function rangeOf(description: string): { name: string; next: number | null } | null {
  const match = /;range=\d+-(\d+|\*)(?=;|$)/i.exec(description);
  if (match === null) return null;
  return { name: description.replace(match[0], ''), next: match[1] === '*' ? null : Number(match[1]) + 1 };
}
