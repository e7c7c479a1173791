import { isIP } from 'node:net';
import { domainToASCII } from 'node:url';
import { isOneLine, quoteValue } from '../../../core/outside-text.ts';
import type { Fault, UserErrorCode } from '../../../core/user-error.ts';
import { tooLong, tooMany } from '../shared-checks.ts';
import type { SecretsAtHand } from '../source-module.ts';
import { isPlainAttributeName } from './attribute-name.ts';
import { certificateFaults } from './client-certificate.ts';
import { parseDn } from './dn.ts';
import { accountOf, hasCertificate, hasDomain, type LdapSettings } from './ldap-settings.ts';
import { type LdapUrl, MOST_URLS, parseLdapUrl } from './ldap-url.ts';
import { LONGEST_PEM, readCertificates } from './pem.ts';

const MOST_BASES = 100;

/**
 * All faults of the settings that can be found without contacting the source. Codes: REQUIRED, SECRET_REQUIRED, INVALID_URL,
 * INVALID_DOMAIN, CONTRADICTION, INVALID_PEM, INVALID_DN, OUT_OF_RANGE, INVALID_ATTRIBUTE, TOO_MANY, TOO_LONG.
 */
export function checkSettings(settings: LdapSettings, secrets: SecretsAtHand): Fault[] {
  return [
    ...passwordFaults(settings, secrets),
    ...serverFaults(settings),
    ...pemFaults(settings.tlsCa),
    ...certificateFaults(settings, secrets),
    ...baseFaults(settings.baseDns),
    ...smallFaults(settings),
  ];
}

/** The faults of account and password, which belong together. */
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

/** The faults of the servers, which are named by URLs or found by their domain. */
function serverFaults(settings: LdapSettings): Fault[] {
  const { urls, domain } = settings;
  if (domain === null || !hasDomain(settings)) return urlFaults(settings);
  if (urls.length > 0) {
    const message = 'Give either urls or domain: the servers of a domain are found by DNS.';
    return [fault(['domain'], 'CONTRADICTION', message), ...urlFaults(settings)];
  }
  return domainFaults(domain);
}

/** Letters and digits of any alphabet. Names of sites and services begin with an underscore. */
const domainName = /^(?:[\p{L}\p{M}\p{N}_](?:[\p{L}\p{M}\p{N}_-]{0,61}[\p{L}\p{M}\p{N}])?(?:\.(?=.)|\.?$))+$/u;

function domainFaults(domain: string): Fault[] {
  const long = tooLong(['domain'], domain, 253);
  if (long.length > 0) return long;
  if (!isOneLine(domain)) return [fault(['domain'], 'INVALID_DOMAIN', controls('domain'))];
  const ascii = domainName.test(domain.trim()) ? domainToASCII(domain.trim()) : '';
  const message = `${quoteValue(domain)} is no name of a domain, such as corp.example.com.`;
  return ascii !== '' && isIP(ascii) === 0 ? [] : [fault(['domain'], 'INVALID_DOMAIN', message)];
}

function urlFaults(settings: LdapSettings): Fault[] {
  const { urls, startTls } = settings;
  if (urls.length === 0) {
    const message =
      'Give at least one URL, such as ldaps://ldap.example.com, or a domain whose servers are found by DNS.';
    return [fault(['urls'], 'REQUIRED', message)];
  }
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
    else if (!startTls && !isSecure(parsed.url) && hasCertificate(settings))
      faults.push(
        fault(path, 'CONTRADICTION', 'A client certificate is shown only with TLS: use ldaps://, or turn on startTls.'),
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
  const read = readCertificates(pem);
  return read.kind === 'ok' ? [] : [fault(['tlsCa'], 'INVALID_PEM', read.message)];
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
