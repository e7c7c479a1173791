import type { TLSSocket } from 'node:tls';
import { AppError } from '../../../core/app-error.ts';
import type { Secrets } from '../../../core/connection.ts';
import type { OpenOptions, SourceNote } from '../../../core/directory.ts';
import { dial } from '../net/dial.ts';
import { accountOf } from './account.ts';
import { bindError } from './bind-error.ts';
import { dialPlain } from './dial-plain.ts';
import { LdapConnection, ServerRefusal } from './ldap-connection.ts';
import type { LdapSettings } from './ldap-settings.ts';
import { secure } from './ldap-tls.ts';
import { type LdapUrl, parseLdapUrl } from './ldap-url.ts';
import { Wire } from './wire.ts';

/** Told at each step that was done, for the test of a connection. */
export type OnStep = (step: OpenStep) => void;
export type OpenStep =
  | { kind: 'reached'; url: LdapUrl }
  /** And the next URL is tried. */
  | { kind: 'unreachable'; message: string }
  | { kind: 'secured'; certificateEnds: Date | null; verified: boolean }
  | { kind: 'bound'; dn: string | null };

type Opening = { settings: LdapSettings; secrets: Secrets; options: OpenOptions; onStep: OnStep };

/**
 * Connects to the first of the URLs that can be reached, secures the connection and signs in. Only UNREACHABLE leads
 * to the next URL: a refused bind is never tried twice. Throws AppError (the last URL's when none can be reached), or the
 * signal's reason.
 */
export async function openConnection(opening: Opening): Promise<{ connection: LdapConnection; notes: SourceNote[] }> {
  const notes: SourceNote[] = [];
  const { urls } = opening.settings;
  for (const [index, text] of urls.entries()) {
    const parsed = parseLdapUrl(text);
    if (parsed.kind === 'error') throw new AppError('UNREACHABLE', parsed.message, { hint: 'Mend the URL.' });
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

/** An empty password would sign in as nobody (RFC 4513, 5.1.2), and look like success. */
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
