import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect, getCACertificates, type TLSSocket } from 'node:tls';
import { AppError } from '../../../core/app-error.ts';
import { saidText } from '../../../core/said-text.ts';
import type { LdapSettings } from './ldap-settings.ts';
import type { LdapUrl } from './ldap-url.ts';

/** What TLS needs to know for this server: its name, whom to trust. */
function tlsOptions(url: LdapUrl, settings: LdapSettings): ConnectionOptions {
  return {
    host: url.host,
    servername: isIP(url.host) === 0 ? url.host : undefined,
    rejectUnauthorized: settings.tlsVerify,
    ca:
      settings.tlsCa === null
        ? undefined
        : [...getCACertificates('default'), ...getCACertificates('system'), settings.tlsCa],
  };
}

/** TLS over a connected socket. Throws AppError TLS_FAILED, TIMEOUT or the signal's reason; the socket is closed then. */
export function secure(raw: Socket, url: LdapUrl, settings: LdapSettings, signal: AbortSignal): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...tlsOptions(url, settings), socket: raw });
    const end = (error: unknown): void => {
      settle();
      socket.on('error', () => {});
      socket.destroy();
      raw.destroy();
      reject(error);
    };
    const abort = (): void => end(signal.reason);
    const fail = (error: Error): void => end(tlsError(error, url));
    const late = new AppError(
      'TIMEOUT',
      `${url.url} did not answer the TLS handshake within ${settings.timeoutSeconds} s.`,
      {
        hint: 'Check that the port speaks TLS (ldaps:// is usually on 636), or raise timeoutSeconds.',
      },
    );
    const timer = setTimeout(() => end(late), settings.timeoutSeconds * 1000);
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.off('error', fail);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', fail);
    socket.once('secureConnect', () => {
      settle();
      resolve(socket);
    });
    if (signal.aborted) abort();
  });
}

const ownCa = 'Paste the PEM of the CA that signed it into tlsCa (the CA itself, not only the server certificate).';

/** By the error codes of Node and OpenSSL: what is wrong with the certificate, and what to do. */
const reasons: Record<string, [string, string]> = {
  CERT_HAS_EXPIRED: ['its certificate has expired', 'Renew the certificate on the server.'],
  CERT_NOT_YET_VALID: [
    'its certificate is not valid yet',
    "Check the clocks of the server and of this service, and the certificate's dates.",
  ],
  CERT_REVOKED: ['its certificate has been revoked', 'Put a new certificate on the server.'],
  DEPTH_ZERO_SELF_SIGNED_CERT: [
    'its certificate is signed by itself, and is not trusted',
    'Paste that certificate into tlsCa.',
  ],
  SELF_SIGNED_CERT_IN_CHAIN: ['its certificate is signed by a CA that is not trusted', ownCa],
  UNABLE_TO_GET_ISSUER_CERT: ['its certificate is signed by a CA that is not trusted', ownCa],
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: ['its certificate is signed by a CA that is not trusted', ownCa],
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: ['its certificate is signed by a CA that is not trusted', ownCa],
  CERT_SIGNATURE_FAILURE: ['the signature of its certificate is wrong', ownCa],
  INVALID_CA: ['a certificate in its chain is not that of a CA', ownCa],
  ERR_SSL_WRONG_VERSION_NUMBER: [
    'it does not speak TLS on this port',
    'Use the TLS port (usually 636), or ldap:// with startTls.',
  ],
  ERR_SSL_PACKET_LENGTH_TOO_LONG: [
    'it does not speak TLS on this port',
    'Use the TLS port (usually 636), or ldap:// with startTls.',
  ],
  ECONNRESET: [
    'it closed the connection during the handshake',
    'Check that the port speaks TLS (usually 636), or use ldap:// with startTls.',
  ],
};

/** The AppError for a TLS handshake that failed. */
function tlsError(error: Error, url: LdapUrl): AppError {
  const code = 'code' in error ? String(error.code) : '';
  const [reason, hint] =
    code === 'ERR_TLS_CERT_ALTNAME_INVALID' ? wrongName(error, url) : (reasons[code] ?? unknown(error, code));
  return new AppError('TLS_FAILED', `TLS with ${url.url} failed: ${reason}.`, { hint, cause: error });
}

function wrongName(error: Error, url: LdapUrl): [string, string] {
  const names = 'cert' in error ? certificateNames(error.cert) : '';
  const good = names === '' ? 'it names no host at all' : `it is good for ${names}`;
  return [
    `its certificate is for another name than "${url.host}": ${good}`,
    'Use a name in the URL that the certificate holds, or renew it with this name.',
  ];
}

function certificateNames(certificate: unknown): string {
  if (typeof certificate !== 'object' || certificate === null) return '';
  if ('subjectaltname' in certificate && typeof certificate.subjectaltname === 'string') {
    return saidText(certificate.subjectaltname.replaceAll(/DNS:|IP Address:/g, ''));
  }
  return '';
}

const unknown = (error: Error, code: string): [string, string] => [
  code === '' ? error.message : `${error.message} (${code})`,
  "Check the server's TLS settings: TLS 1.2 or later, and a certificate for its name.",
];
