import { createPrivateKey, X509Certificate } from 'node:crypto';
import { createSecureContext } from 'node:tls';
import { AppError } from '../../../core/app-error.ts';
import type { Secrets } from '../../../core/connection.ts';
import { saidText } from '../../../core/outside-text.ts';
import type { Fault, UserErrorCode } from '../../../core/user-error.ts';
import { tooLong } from '../shared-checks.ts';
import type { SecretsAtHand } from '../source-module.ts';
import { hasCertificate, type LdapSettings } from './ldap-settings.ts';
import { LONGEST_PEM, readCertificates } from './pem.ts';

/** The certificate that we show to servers, with its key. `subject` and `ends` are for people to read. */
export type ClientCertificate = { cert: string; key: string; subject: string; ends: Date };

/** Keys of 16,384 bits, the longest that are in use, have about 13,000 characters. */
const LONGEST_KEY = 20_000;
const anyKey = /-----BEGIN (?:[A-Z]+ )?PRIVATE KEY-----/g;
const lockedKey = /-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type:.*ENCRYPTED/m;

type CertificateSettings = Pick<LdapSettings, 'tlsCert'>;

/**
 * The faults of a client certificate and its key. A stored key can't be read here. It was checked when it was given,
 * and must be given again when the certificate changes. So a connection whose certificate has expired can still be
 * edited.
 */
export function certificateFaults(settings: CertificateSettings, { has, given, mayLack }: SecretsAtHand): Fault[] {
  const key = given.tlsKey ?? null;
  if (!hasCertificate(settings)) {
    const message = 'Give tlsCert too, the certificate that the key belongs to, or set tlsKey to null.';
    return has.has('tlsKey') ? [fault('tlsCert', 'REQUIRED', message)] : [];
  }
  const stored = key === null && has.has('tlsKey');
  const missing = !has.has('tlsKey') && !mayLack;
  const faults = certFaults(settings.tlsCert ?? '', stored);
  if (missing) faults.push(fault('tlsKey', 'SECRET_REQUIRED', 'Give the private key of the client certificate.'));
  if (key !== null) faults.push(...keyFaults(key, faults.length === 0 ? (settings.tlsCert ?? '') : null));
  return faults;
}

/** `stored`: certificate and key are already saved. Then an expired certificate is no reason to refuse an edit. */
function certFaults(pem: string, stored: boolean): Fault[] {
  const long = tooLong(['tlsCert'], pem, LONGEST_PEM);
  if (long.length > 0) return long;
  const read = readCertificates(pem);
  if (read.kind === 'error') return [fault('tlsCert', 'INVALID_PEM', read.message)];
  const [own] = read.certificates;
  const ends = new Date(own.validTo);
  if (stored || ends.getTime() > Date.now()) return [];
  return [fault('tlsCert', 'INVALID_PEM', `The certificate has expired (${ends.toISOString().slice(0, 10)}).`)];
}

/** `cert`: the certificate that must belong to the key. Null: it has faults itself. */
function keyFaults(key: string, cert: string | null): Fault[] {
  const long = tooLong(['tlsKey'], key, LONGEST_KEY);
  if (long.length > 0) return long;
  const problem = keyProblem(key, cert);
  return problem === null ? [] : [fault('tlsKey', 'INVALID_PEM', problem)];
}

/** The message never quotes the key. */
function keyProblem(key: string, cert: string | null): string | null {
  if (lockedKey.test(key))
    return 'The key is encrypted with a passphrase. Give it without one (openssl pkey -in key.pem); it is stored encrypted.';
  const keys = key.match(anyKey) ?? [];
  if (keys.length === 0) return 'A key in PEM begins with "-----BEGIN PRIVATE KEY-----".';
  if (keys.length > 1) return 'This holds several keys. Give the one of the certificate.';
  try {
    const parsed = createPrivateKey(key);
    if (cert === null || new X509Certificate(cert).checkPrivateKey(parsed)) return unusable(key, cert);
    return 'The key does not belong to the certificate (the first one in tlsCert).';
  } catch {
    return 'The key can not be read.';
  }
}

/** Why TLS can't use the pair, e.g. because the key is too short. */
function unusable(key: string, cert: string | null): string | null {
  if (cert === null) return null;
  try {
    createSecureContext({ cert, key });
    return null;
  } catch (error) {
    const reason = saidText(String(error).replace(/^.*:/, ''));
    return `TLS can not use the certificate with this key: ${reason}.`;
  }
}

/**
 * The client certificate of a connection, ready to be shown. Null: it has none. Throws AppError TLS_FAILED when it can't be used.
 */
export function clientCertificate(settings: CertificateSettings, secrets: Secrets): ClientCertificate | null {
  if (!hasCertificate(settings)) return null;
  const [cert, key] = [settings.tlsCert ?? '', secrets.tlsKey ?? ''];
  if (key === '')
    throw cannotUse('There is no private key for the client certificate.', 'Set tlsKey, or leave tlsCert empty.');
  const read = readCertificates(cert);
  const problem = read.kind === 'error' ? read.message : keyProblem(key, cert);
  if (read.kind === 'error' || problem !== null)
    throw cannotUse(`The client certificate can not be used: ${problem}`, 'Give tlsCert and tlsKey again.');
  const [own] = read.certificates;
  const subject = saidText(own.subject.split('\n').join(', '));
  const [begins, ends] = [new Date(own.validFrom), new Date(own.validTo)];
  const day = (time: Date): string => time.toISOString().slice(0, 10);
  if (ends.getTime() <= Date.now())
    throw cannotUse(
      `The client certificate of "${subject}" has expired (${day(ends)}).`,
      'Renew it, and give tlsCert and tlsKey again.',
    );
  if (begins.getTime() > Date.now())
    throw cannotUse(
      `The client certificate of "${subject}" is not valid before ${day(begins)}.`,
      'Wait until then, or give another in tlsCert and tlsKey.',
    );
  return { cert, key, subject, ends };
}

function cannotUse(message: string, hint: string): AppError {
  return new AppError('TLS_FAILED', message, { hint });
}

function fault(name: string, code: UserErrorCode, message: string): Fault {
  return { path: [name], code, message };
}
