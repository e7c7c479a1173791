import { isIP, type Socket } from 'node:net';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { saidText } from '../../../core/outside-text.ts';

/** A TLS handshake with a host. The caller makes the errors (`failed`, `late`). */
export type Handshake = {
  host: string;
  timeoutMs: number;
  signal: AbortSignal;
  /** The CAs to trust, whether to check the certificate, and our own certificate if there is one. */
  trust: Pick<ConnectionOptions, 'ca' | 'rejectUnauthorized' | 'cert' | 'key'>;
  failed(fault: TlsFault, cause: Error): Error;
  late(): Error;
};

/** Why a handshake failed: `reason` in words; `code` from Node or OpenSSL, '' if there is none. */
export type TlsFault = { reason: string; code: string };

/** Starts TLS over a connected socket. Throws the error of `failed` or `late`, or the signal's reason, and closes the socket then. */
export function secure(raw: Socket, { host, timeoutMs, signal, trust, failed, late }: Handshake): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ ...trust, host, servername: isIP(host) === 0 ? host : undefined, socket: raw });
    const end = (error: unknown): void => {
      settle();
      socket.on('error', () => {});
      socket.destroy();
      raw.destroy();
      reject(error);
    };
    const abort = (): void => end(signal.reason);
    const fail = (error: Error): void => end(failed(faultOf(error, host), error));
    const timer = setTimeout(() => end(late()), timeoutMs);
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

const untrusted = 'its certificate is signed by a CA that is not trusted';
const noTls = 'it does not speak TLS on this port';

/** Reasons by the error codes of Node and OpenSSL. */
const reasons: Record<string, string> = {
  CERT_HAS_EXPIRED: 'its certificate has expired',
  CERT_NOT_YET_VALID: 'its certificate is not valid yet',
  CERT_REVOKED: 'its certificate has been revoked',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is signed by itself, and is not trusted',
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
  CERT_SIGNATURE_FAILURE: 'the signature of its certificate is wrong',
  INVALID_CA: 'a certificate in its chain is not that of a CA',
  ERR_SSL_WRONG_VERSION_NUMBER: noTls,
  ERR_SSL_PACKET_LENGTH_TOO_LONG: noTls,
  ECONNRESET: 'it closed the connection during the handshake',
};

/**
 * Reasons for which servers refuse our certificate, by the end of OpenSSL's error code. Its beginning depends on the
 * version.
 */
const alerts: Record<string, string> = {
  CERTIFICATE_REQUIRED: 'it wants a client certificate',
  UNKNOWN_CA: 'it does not trust the CA of the client certificate',
  BAD_CERTIFICATE: 'it refuses the client certificate, or wants one',
  UNSUPPORTED_CERTIFICATE: 'it can not use this kind of client certificate',
  CERTIFICATE_REVOKED: 'it says that the client certificate has been revoked',
  CERTIFICATE_EXPIRED: 'it says that the client certificate has expired',
  CERTIFICATE_UNKNOWN: 'it refuses the client certificate',
  ACCESS_DENIED: 'it does not let the client certificate in',
};

/**
 * Why the other side has ended TLS, if it named our certificate as the reason. In TLS 1.3 that can come after the
 * handshake. Null: it did not.
 */
export function alertOf(error: Error): TlsFault | null {
  const code = 'code' in error ? String(error.code) : '';
  const reason = alerts[/^ERR_SSL_.*_ALERT_(\w+)$/.exec(code)?.[1] ?? ''];
  return reason === undefined ? null : { reason, code };
}

function faultOf(error: Error, host: string): TlsFault {
  const code = 'code' in error ? String(error.code) : '';
  const alert = alertOf(error);
  if (alert !== null) return alert;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return { reason: wrongName(error, host), code };
  return { reason: reasons[code] ?? (code === '' ? error.message : `${error.message} (${code})`), code };
}

function wrongName(error: Error, host: string): string {
  const names = 'cert' in error ? certificateNames(error.cert) : '';
  const good = names === '' ? 'it names no host at all' : `it is good for ${names}`;
  return `its certificate is for another name than "${host}": ${good}`;
}

function certificateNames(certificate: unknown): string {
  if (typeof certificate !== 'object' || certificate === null) return '';
  if ('subjectaltname' in certificate && typeof certificate.subjectaltname === 'string') {
    return saidText(certificate.subjectaltname.replaceAll(/DNS:|IP Address:/g, ''));
  }
  return '';
}
