import type { Socket } from 'node:net';
import { getCACertificates, type TLSSocket } from 'node:tls';
import { AppError } from '../../../core/app-error.ts';
import type { Secrets } from '../../../core/connection.ts';
import type { SourceNote } from '../../../core/entry.ts';
import type { OpenOptions } from '../../../core/source-session.ts';
import { dial } from '../net/dial.ts';
import * as net from '../net/tls.ts';
import { type ClientCertificate, clientCertificate } from './client-certificate.ts';
import { dialPlain } from './dial-plain.ts';
import { type Encryption, encryptionOf } from './encryption.ts';
import { type FoundServers, findServers } from './find-servers.ts';
import { LdapConnection, ServerRefusal } from './ldap-connection.ts';
import { hasDomain, type LdapSettings } from './ldap-settings.ts';
import { type LdapUrl, parseLdapUrl } from './ldap-url.ts';
import { type SignedIn, signIn } from './sign-in.ts';
import { Wire } from './wire.ts';

/** Gets each finished step, for the test of a connection. */
export type OnStep = (step: OpenStep) => void;
/** A step of opening a connection. */
export type OpenStep =
  | ({ kind: 'found' } & FoundServers)
  | { kind: 'reached'; url: LdapUrl }
  /** The URL was unreachable, and the next one is tried. */
  | { kind: 'unreachable'; message: string }
  /** `ownEnds`: when our own certificate expires. Null: we have presented none. */
  | { kind: 'secured'; verified: boolean; ownEnds: Date | null; encryption: Encryption }
  | { kind: 'bound'; signedIn: SignedIn };

type Asked = { settings: LdapSettings; secrets: Secrets; options: OpenOptions; onStep: OnStep };
type Opening = Asked & { certificate: ClientCertificate | null };

/**
 * Connects to the first reachable URL or server of the domain, secures the connection and signs in. Only UNREACHABLE leads to the
 * next one: a refused bind is never tried twice. Throws AppError (that of the last URL when none is reachable), or the signal's
 * reason.
 */
export async function openConnection(asked: Asked): Promise<{ connection: LdapConnection; notes: SourceNote[] }> {
  const notes: SourceNote[] = [];
  const servers = await serversOf(asked);
  const opening: Opening = { ...asked, certificate: clientCertificate(asked.settings, asked.secrets) };
  for (const [index, server] of servers.entries()) {
    try {
      return { connection: await openOne(server, opening), notes };
    } catch (error) {
      const hasNext = index < servers.length - 1;
      if (!(error instanceof AppError) || error.code !== 'UNREACHABLE' || !hasNext) throw error;
      notes.push({ level: 'WARN', code: 'URL_UNREACHABLE', message: error.message });
      opening.onStep({ kind: 'unreachable', message: error.message });
    }
  }
  throw new AppError('UNREACHABLE', 'The connection has no URL.', {
    hint: 'Give at least one URL, such as ldaps://ldap.example.com.',
  });
}

async function serversOf({ settings, options, onStep }: Asked): Promise<LdapUrl[]> {
  if (!hasDomain(settings)) return settings.urls.map(urlOf);
  const found = await findServers(settings, options);
  onStep({ kind: 'found', ...found });
  return found.servers;
}

function urlOf(text: string): LdapUrl {
  const parsed = parseLdapUrl(text);
  if (parsed.kind === 'error') throw new AppError('UNREACHABLE', parsed.message, { hint: 'Correct the URL.' });
  return parsed.url;
}

async function openOne(url: LdapUrl, opening: Opening): Promise<LdapConnection> {
  const { settings, options, onStep } = opening;
  const dialling = { addresses: options.addresses, signal: options.signal, timeoutMs: settings.timeoutSeconds * 1000 };
  if (url.secure) {
    const raw = await dial(url, dialling);
    onStep({ kind: 'reached', url });
    const socket = await secure(raw, url, opening);
    onStep(secured(socket, opening));
    return await begin(new Wire(socket), url, opening);
  }
  const wire = settings.startTls ? new Wire(await dial(url, dialling)) : await dialPlain(url, dialling);
  onStep({ kind: 'reached', url });
  return await begin(wire, url, opening);
}

async function begin(wire: Wire, url: LdapUrl, opening: Opening): Promise<LdapConnection> {
  const { settings, options, onStep } = opening;
  const connection = new LdapConnection(url, wire, settings.timeoutSeconds);
  const encrypted = url.secure || settings.startTls;
  const release = connection.obey(options.signal);
  try {
    if (settings.startTls && !url.secure) await startTls(connection, wire, opening);
    onStep({ kind: 'bound', signedIn: await signIn(connection, opening) });
    return connection;
  } catch (error) {
    await connection.close();
    throw encrypted ? withoutAWord(error, opening) : error;
  } finally {
    release();
  }
}

/**
 * Adds a hint to the error when the server has closed the connection without a message. In TLS 1.3 a server checks our
 * certificate after the handshake, and some refuse it by just closing the connection.
 */
function withoutAWord(error: unknown, { certificate }: Opening): unknown {
  if (!(error instanceof AppError) || error.code !== 'UNREACHABLE') return error;
  const hint =
    certificate === null
      ? 'It may want a client certificate: set tlsCert and tlsKey then. Otherwise look whether it accepts connections from here.'
      : 'It may refuse the client certificate in tlsCert: check that it trusts its CA. Otherwise look whether it accepts connections from here.';
  return new AppError('UNREACHABLE', error.message, { hint, cause: error.cause });
}

async function startTls(connection: LdapConnection, wire: Wire, opening: Opening): Promise<void> {
  try {
    await connection.askForTls();
  } catch (error) {
    if (!(error instanceof ServerRefusal)) throw error;
    throw new AppError('TLS_FAILED', `${connection.url.url} refuses StartTLS (result ${error.code}).`, {
      hint: 'Set up TLS on the server, or use its ldaps:// port.',
      cause: error,
    });
  }
  const socket = await secure(wire.release(), connection.url, opening);
  wire.attach(socket);
  opening.onStep(secured(socket, opening));
}

function secured(socket: TLSSocket, { certificate: own, settings }: Opening): OpenStep {
  return {
    kind: 'secured',
    verified: socket.authorized,
    ownEnds: own?.ends ?? null,
    encryption: encryptionOf(socket, settings.tlsCa),
  };
}

/** Starts TLS over a connected socket. Throws AppError TLS_FAILED or TIMEOUT, or the signal's reason; closes the socket then. */
export function secure(
  raw: Socket,
  url: LdapUrl,
  { settings, options: { signal }, certificate }: Opening,
): Promise<TLSSocket> {
  return net.secure(raw, {
    host: url.host,
    timeoutMs: settings.timeoutSeconds * 1000,
    signal,
    trust: {
      rejectUnauthorized: settings.tlsVerify,
      ...(certificate === null ? {} : { cert: certificate.cert, key: certificate.key }),
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
const otherwise =
  "Check the server's TLS settings: TLS 1.2 or later, a certificate for its name, and whether it wants a client certificate (tlsCert).";

/** Hints by the error codes of Node and OpenSSL. */
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
