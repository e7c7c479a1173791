import { quoteValue } from '../../../core/outside-text.ts';
import type { ValueFault } from '../../../core/user-error.ts';

/**
 * Attribute description of RFC 4512, 2.5: a name or an OID, with options such as `;lang-en`. Some servers use
 * underscores.
 */
const shape = /^(?:[A-Za-z][A-Za-z0-9_-]*|[0-9]+(?:\.[0-9]+)+)(?:;[A-Za-z0-9-]+)*$/;
const longestName = 128;

/** Whether a text is an attribute description, with or without options. */
export function isAttributeName(text: string): boolean {
  return text.length <= longestName && shape.test(text);
}

/** Whether it is an attribute name without options: `entryUUID`, `2.5.4.3`. */
export function isPlainAttributeName(text: string): boolean {
  return isAttributeName(text) && !text.includes(';');
}

const pictures = ['jpegPhoto', 'thumbnailPhoto', 'thumbnailLogo', 'photo', 'audio', 'exchangePhoto'];

/** Attributes that are never read: pictures (megabytes a person), passwords and keys. */
const forbidden = new Set(
  [
    ...pictures,
    ...['userPassword', 'unicodePwd', 'authPassword', 'dBCSPwd', 'lmPwdHistory', 'ntPwdHistory'],
    ...['supplementalCredentials', 'sambaNTPassword', 'sambaLMPassword', 'sambaPasswordHistory', 'ipaNTHash'],
    ...['krbPrincipalKey', 'krbPwdHistory', 'passwordHistory', 'pwdHistory', 'ms-Mcs-AdmPwd', 'msLAPS-Password'],
    ...['msLAPS-EncryptedPassword', 'userPKCS12', 'msDS-ManagedPassword', 'msFVE-RecoveryPassword'],
    ...['nspmDistributionPassword', 'ipaTokenOTPkey'],
  ].map((name) => name.toLowerCase()),
);

/** Whether an attribute, with or without options, is never read. */
export function isForbidden(name: string): boolean {
  return forbidden.has(name.toLowerCase().split(';', 1)[0] ?? '');
}

const ofPictures = new Set(pictures.map((name) => name.toLowerCase()));

/** Whether an attribute that is never read holds a picture and no secret. */
export function isPicture(name: string): boolean {
  return ofPictures.has(name.toLowerCase().split(';', 1)[0] ?? '');
}

/** Why a mapping can't use an attribute of this name. Null: it can. */
export function attributeFault(name: string): ValueFault | null {
  if (!isAttributeName(name))
    return { code: 'INVALID_ATTRIBUTE', message: `${quoteValue(name)} is not the name of an attribute.` };
  if (!isForbidden(name)) return null;
  return { code: 'ATTRIBUTE_NOT_ALLOWED', message: `${name} is never read: it holds a picture or a secret.` };
}

/**
 * Pairs of names for the same attribute (RFC 4519, RFC 4524, RFC 2798). A server that is asked for one may answer with the other.
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

/** The other name of an attribute, if there is one. Both are in lower case. */
export function otherName(name: string): string | undefined {
  return aliasOf.get(name);
}

/** The normal form of an attribute description: lower case, options sorted (`cn;Lang-EN` gives `cn;lang-en`). */
export function normalName(description: string): string {
  const lower = description.trim().toLowerCase();
  if (!lower.includes(';')) return lower;
  const [name = '', ...options] = lower.split(';');
  return [name, ...options.sort()].join(';');
}

/** Parses `member;range=0-1499`. `next` is null for the last part (`*`). Null: the name has no range. */
export function rangeOf(description: string): { name: string; next: number | null } | null {
  const match = /;range=\d+-(\d+|\*)(?=;|$)/i.exec(description);
  if (match === null) return null;
  return { name: description.replace(match[0], ''), next: match[1] === '*' ? null : Number(match[1]) + 1 };
}
