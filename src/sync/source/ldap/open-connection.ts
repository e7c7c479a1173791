import type { Socket } from 'node:net';
import { getCACertificates, type TLSSocket } from 'node:tls';
import { AppError } from '../../../core/app-error.ts';
import type { Secrets } from '../../../core/connection.ts';
import type { SourceNote } from '../../../core/entry.ts';
import type { OpenOptions } from '../../../core/source-session.ts';
import { type DialOptions, type DialTarget, dial, dialBy, tcp } from '../net/dial.ts';
import * as net from '../net/tls.ts';
import { bindError } from './bind-error.ts';
import { LdapConnection, ServerRefusal } from './ldap-connection.ts';
import { accountOf, type LdapSettings } from './ldap-settings.ts';
import { type LdapUrl, parseLdapUrl } from './ldap-url.ts';
import { Wire } from './wire.ts';

/** Gets each finished step, for the test of a connection. */
export type OnStep = (step: OpenStep) => void;
/** A step of opening a connection. */
export type OpenStep =
  | { kind: 'reached'; url: LdapUrl }
  /** The next URL is tried. */
  | { kind: 'unreachable'; message: string }
  | { kind: 'secured'; certificateEnds: Date | null; verified: boolean }
  | { kind: 'bound'; dn: string | null };

type Opening = { settings: LdapSettings; secrets: Secrets; options: OpenOptions; onStep: OnStep };

/**
 * Connects to the first reachable URL, secures the connection and signs in. Only UNREACHABLE leads to the next URL: a refused
 * bind is never tried twice. Throws AppError (that of the last URL when none is reachable), or the signal's reason.
 */
export async function openConnection(opening: Opening): Promise<{ connection: LdapConnection; notes: SourceNote[] }> {
  const notes: SourceNote[] = [];
  const { urls } = opening.settings;
  for (const [index, text] of urls.entries()) {
    const parsed = parseLdapUrl(text);
    if (parsed.kind === 'error') throw new AppError('UNREACHABLE', parsed.message, { hint: 'Correct the URL.' });
    try {
      return { connection: await openOne(parsed.url, opening), notes };
    } catch (error) {
      const hasNext = index < urls.length - 1;
      if (!(error instanceof AppError) || error.code !== 'UNREACHABLE' || !hasNext) throw error;
      notes.push({ level: 'WARN', code: 'URL_UNREACHABLE', message: error.message });
      opening.onStep({ kind: 'unreachable', message: error.message });
    }
  }
  throw new AppError('UNREACHABLE', 'The connection has no URL.', {
    hint: 'Give at least one URL, such as ldaps://ldap.example.com.',
  });
}

async function openOne(url: LdapUrl, opening: Opening): Promise<LdapConnection> {
  const { settings, options, onStep } = opening;
  const dialling = { addresses: options.addresses, signal: options.signal, timeoutMs: settings.timeoutSeconds * 1000 };
  if (url.secure) {
    const raw = await dial(url, dialling);
    onStep({ kind: 'reached', url });
    const socket = await secure(raw, url, settings, options.signal);
    onStep({ kind: 'secured', certificateEnds: certificateEnds(socket), verified: socket.authorized });
    return await signIn(new Wire(socket), url, opening);
  }
  const wire = settings.startTls ? new Wire(await dial(url, dialling)) : await dialPlain(url, dialling);
  onStep({ kind: 'reached', url });
  return await signIn(wire, url, opening);
}

async function signIn(
  wire: Wire,
  url: LdapUrl,
  { settings, secrets, options, onStep }: Opening,
): Promise<LdapConnection> {
  const connection = new LdapConnection(url, wire, settings.timeoutSeconds);
  const release = connection.obey(options.signal);
  try {
    if (settings.startTls && !url.secure) await startTls(connection, wire, { settings, options, onStep });
    const account = accountOf(settings);
    if (account !== null) await bind(connection, account, secrets.bindPassword ?? null);
    onStep({ kind: 'bound', dn: account });
    return connection;
  } catch (error) {
    await connection.close();
    throw error;
  } finally {
    release();
  }
}

async function startTls(
  connection: LdapConnection,
  wire: Wire,
  { settings, options, onStep }: Omit<Opening, 'secrets'>,
): Promise<void> {
  try {
    await connection.askForTls();
  } catch (error) {
    if (!(error instanceof ServerRefusal)) throw error;
    throw new AppError('TLS_FAILED', `${connection.url.url} refuses StartTLS (result ${error.code}).`, {
      hint: 'Set up TLS on the server, or use its ldaps:// port.',
      cause: error,
    });
  }
  const socket = await secure(wire.release(), connection.url, settings, options.signal);
  wire.attach(socket);
  onStep({ kind: 'secured', certificateEnds: certificateEnds(socket), verified: socket.authorized });
}

function certificateEnds(socket: TLSSocket): Date | null {
  const certificate = socket.getPeerX509Certificate();
  return certificate === undefined ? null : new Date(certificate.validTo);
}

/** An empty password is refused here: the server would sign in nobody (RFC 4513, 5.1.2) and report success. */
async function bind(connection: LdapConnection, dn: string, password: string | null): Promise<void> {
  if (password === null || password === '') {
    throw new AppError('BIND_REFUSED', `There is no password for "${dn}".`, {
      hint: 'Set bindPassword, or leave bindDn empty to read without signing in.',
    });
  }
  try {
    await connection.bind(dn, password);
  } catch (error) {
    if (!(error instanceof ServerRefusal)) throw error;
    throw bindError({ code: error.code, text: error.message, server: connection.url.url, bindDn: dn });
  }
}

/** Bytes read at a time from a plain connection. The kernel seldom has more ready. */
const readBufferBytes = 256 * 1024;

/** Like `dial`, for ldap:// without TLS: all bytes are read into the same buffer. */
export function dialPlain(target: DialTarget, options: DialOptions): Promise<Wire> {
  return dialBy(target, options, async (address, bounded) => {
    let wire: Wire | null = null;
    const onread = {
      buffer: Buffer.allocUnsafe(readBufferBytes),
      callback: (size: number, buffer: Uint8Array): boolean => {
        wire?.receive(Buffer.from(buffer.buffer, buffer.byteOffset, size));
        return true;
      },
    };
    wire = new Wire(await tcp({ ...address, onread }, bounded));
    return wire;
  });
}

/** Starts TLS over a connected socket. Throws AppError TLS_FAILED or TIMEOUT, or the signal's reason; closes the socket then. */
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
