import type { Socket } from 'node:net';
import { getCACertificates, type TLSSocket } from 'node:tls';
import { AppError } from '../../../core/app-error.ts';
import * as net from '../net/tls.ts';
import type { LdapSettings } from './ldap-settings.ts';
import type { LdapUrl } from './ldap-url.ts';

/** TLS over a connected socket. Throws AppError TLS_FAILED, TIMEOUT or the signal's reason; the socket is closed then. */
export function secure(raw: Socket, url: LdapUrl, settings: LdapSettings, signal: AbortSignal): Promise<TLSSocket> {
  return net.secure(raw, {
    host: url.host,
    timeoutMs: settings.timeoutSeconds * 1000,
    signal,
    trust: {
      rejectUnauthorized: settings.tlsVerify,
      ca:
        settings.tlsCa === null
          ? undefined
          : [...getCACertificates('default'), ...getCACertificates('system'), settings.tlsCa],
    },
    failed: ({ reason, code }, cause) =>
      new AppError('TLS_FAILED', `TLS with ${url.url} failed: ${reason}.`, { hint: hints[code] ?? otherwise, cause }),
    late: () =>
      new AppError('TIMEOUT', `${url.url} did not answer the TLS handshake within ${settings.timeoutSeconds} s.`, {
        hint: 'Check that the port speaks TLS (ldaps:// is usually on 636), or raise timeoutSeconds.',
      }),
  });
}

const ownCa = 'Paste the PEM of the CA that signed it into tlsCa (the CA itself, not only the server certificate).';
const tlsPort = 'Use the TLS port (usually 636), or ldap:// with startTls.';
const otherwise = "Check the server's TLS settings: TLS 1.2 or later, and a certificate for its name.";

/** What to do, by the error codes of Node and OpenSSL. */
const hints: Record<string, string> = {
  CERT_HAS_EXPIRED: 'Renew the certificate on the server.',
  CERT_NOT_YET_VALID: "Check the clocks of the server and of this service, and the certificate's dates.",
  CERT_REVOKED: 'Put a new certificate on the server.',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'Paste that certificate into tlsCa.',
  SELF_SIGNED_CERT_IN_CHAIN: ownCa,
  UNABLE_TO_GET_ISSUER_CERT: ownCa,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ownCa,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ownCa,
  CERT_SIGNATURE_FAILURE: ownCa,
  INVALID_CA: ownCa,
  ERR_SSL_WRONG_VERSION_NUMBER: tlsPort,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: tlsPort,
  ECONNRESET: 'Check that the port speaks TLS (usually 636), or use ldap:// with startTls.',
  ERR_TLS_CERT_ALTNAME_INVALID: 'Use a name in the URL that the certificate holds, or renew it with this name.',
};
