import { X509Certificate } from 'node:crypto';
import { isOneLine, quoteValue } from '../../../core/outside-text.ts';
import type { Fault, UserErrorCode } from '../../../core/user-error.ts';
import { tooLong, tooMany } from '../shared-checks.ts';
import type { SecretsAtHand } from '../source-module.ts';
import { isPlainAttributeName } from './attribute-name.ts';
import { parseDn } from './dn.ts';
import { accountOf, type LdapSettings } from './ldap-settings.ts';
import { type LdapUrl, parseLdapUrl } from './ldap-url.ts';

const MOST_URLS = 10;
const MOST_BASES = 100;
/** All certificates of a system are about 200,000 characters. A server needs one of them, or a few. */
const LONGEST_PEM = 100_000;

/**
 * All faults of the settings that can be found without contacting the source. Codes: REQUIRED, SECRET_REQUIRED, INVALID_URL,
 * CONTRADICTION, INVALID_PEM, INVALID_DN, OUT_OF_RANGE, INVALID_ATTRIBUTE, TOO_MANY, TOO_LONG.
 */
export function checkSettings(settings: LdapSettings, secrets: SecretsAtHand): Fault[] {
  return [
    ...passwordFaults(settings, secrets),
    ...urlFaults(settings),
    ...pemFaults(settings.tlsCa),
    ...baseFaults(settings.baseDns),
    ...smallFaults(settings),
  ];
}

/** Account and password belong together. */
function passwordFaults(settings: LdapSettings, { has, mayLack }: SecretsAtHand): Fault[] {
  const account = accountOf(settings);
  if (account === null)
    return has.has('bindPassword')
      ? [
          fault(
            ['bindDn'],
            'REQUIRED',
            'Give bindDn too, the account that the password belongs to. To read without signing in, set bindPassword to null.',
          ),
        ]
      : [];
  if (has.has('bindPassword') || mayLack) return [];
  const message = `Give the password of ${quoteValue(account)}, leave bindDn empty to read without signing in, or keep the connection a Draft.`;
  return [fault(['bindPassword'], 'SECRET_REQUIRED', message)];
}

function urlFaults({ urls, startTls }: LdapSettings): Fault[] {
  if (urls.length === 0)
    return [fault(['urls'], 'REQUIRED', 'Give at least one URL, such as ldaps://ldap.example.com.')];
  const faults = tooMany(['urls'], urls, MOST_URLS);
  if (faults.length > 0) return faults;
  for (const [i, text] of urls.entries()) {
    const parsed = parseLdapUrl(text);
    const path = ['urls', String(i)];
    const long = tooLong(path, text);
    if (long.length > 0) faults.push(...long);
    else if (!isOneLine(text)) faults.push(fault(path, 'INVALID_URL', controls('URL')));
    else if (parsed.kind === 'error') faults.push(fault(path, 'INVALID_URL', parsed.message));
    else if (startTls && isSecure(parsed.url))
      faults.push(
        fault(path, 'CONTRADICTION', 'ldaps:// is encrypted from the start: turn off startTls, or use ldap://.'),
      );
  }
  return faults;
}

function isSecure(url: LdapUrl): boolean {
  return url.secure;
}

function pemFaults(pem: string | null): Fault[] {
  if (pem === null || pem.trim() === '') return [];
  const long = tooLong(['tlsCa'], pem, LONGEST_PEM);
  if (long.length > 0) return long;
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [];
  if (/PRIVATE KEY/.test(pem))
    return [fault(['tlsCa'], 'INVALID_PEM', 'This holds a private key. Only the certificate of the CA belongs here.')];
  if (blocks.length === 0) return [fault(['tlsCa'], 'INVALID_PEM', 'A PEM begins with "-----BEGIN CERTIFICATE-----".')];
  const bad = blocks.findIndex((block) => !isCertificate(block));
  return bad < 0 ? [] : [fault(['tlsCa'], 'INVALID_PEM', `Certificate ${bad + 1} in it can not be read.`)];
}

function isCertificate(pem: string): boolean {
  try {
    new X509Certificate(pem);
    return true;
  } catch {
    return false;
  }
}

function baseFaults(baseDns: readonly string[]): Fault[] {
  if (baseDns.length === 0)
    return [fault(['baseDns'], 'REQUIRED', 'Give at least one base DN, such as ou=people,dc=example,dc=com.')];
  const many = tooMany(['baseDns'], baseDns, MOST_BASES);
  if (many.length > 0) return many;
  return baseDns.flatMap((text, i) => dnFaults(['baseDns', String(i)], text, 'A base DN'));
}

/** The faults of a DN that must not be empty. `what`: the words for it. */
export function dnFaults(path: string[], text: string, what: string): Fault[] {
  const long = tooLong(path, text);
  if (long.length > 0) return long;
  if (text.trim() === '') return [fault(path, 'REQUIRED', `${what} is empty.`)];
  if (!isOneLine(text)) return [fault(path, 'INVALID_DN', controls('DN'))];
  const parsed = parseDn(text);
  if (parsed.kind === 'ok') return [];
  const message = `${quoteValue(text)} is no DN: ${parsed.message} (at character ${parsed.position + 1}).`;
  return [fault(path, 'INVALID_DN', message)];
}

function smallFaults({ bindDn, pageSize, timeoutSeconds, idAttribute }: LdapSettings): Fault[] {
  const faults = [...tooLong(['bindDn'], bindDn), ...tooLong(['idAttribute'], idAttribute)];
  if (faults.length > 0) return faults;
  if (bindDn !== null && !isOneLine(bindDn))
    faults.push(fault(['bindDn'], 'INVALID_DN', controls('name to sign in with')));
  if (!isWithin(pageSize, 1, 10_000))
    faults.push(fault(['pageSize'], 'OUT_OF_RANGE', 'The page size is a whole number from 1 to 10000.'));
  if (!isWithin(timeoutSeconds, 1, 3600))
    faults.push(fault(['timeoutSeconds'], 'OUT_OF_RANGE', 'The timeout is a whole number of seconds from 1 to 3600.'));
  if (idAttribute !== null && !isPlainAttributeName(idAttribute)) {
    faults.push(
      fault(
        ['idAttribute'],
        'INVALID_ATTRIBUTE',
        `${quoteValue(idAttribute)} is no name of an attribute, such as entryUUID.`,
      ),
    );
  }
  return faults;
}

function controls(what: string): string {
  return `A ${what} has no control characters and is written on one line.`;
}

function isWithin(value: number, least: number, most: number): boolean {
  return Number.isInteger(value) && value >= least && value <= most;
}

function fault(path: string[], code: UserErrorCode, message: string): Fault {
  return { path, code, message };
}
