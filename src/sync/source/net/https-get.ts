import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { AppError } from '../../../core/app-error.ts';
import { saidText } from '../../../core/outside-text.ts';
import type { AddressPolicy } from '../../../core/source-session.ts';
import { dial } from './dial.ts';
import { secure } from './tls.ts';

/** How long to wait for a server, in milliseconds. */
export type Patience = {
  /** For each of: the connection, TLS, the header of an answer. */
  answerMs: number;
  /** For the next bytes of a body. */
  silenceMs: number;
  /** For a whole body. The time that our own code takes in between does not count. */
  bodyMs: number;
};

export const usualPatience: Patience = { answerMs: 30_000, silenceMs: 60_000, bodyMs: 30 * 60_000 };

export type HttpsOptions = { addresses: AddressPolicy; signal: AbortSignal; patience: Patience };

/** One GET request. */
export type HttpsGet = {
  url: URL;
  /** Sent only to the origin of `url`, also after redirects. */
  authorization: string | null;
  headers: Readonly<Record<string, string>>;
};

/** The header of an answer, whose body can be read. */
export type HttpsAnswer = {
  status: number;
  headers: IncomingHttpHeaders;
  /** The URL that answered, after redirects. */
  url: URL;
  /** Read it once, or call `close`. */
  message: IncomingMessage;
  close(): void;
};

const mostRedirects = 5;
const redirects: readonly number[] = [301, 302, 303, 307, 308];
const mostHeaderBytes = 32 * 1024;

/** A URL for messages: without the query, which may contain a secret. */
export function shownUrl({ origin, pathname }: URL): string {
  return saidText(`${origin}${pathname}`);
}

/** Connects to a URL's host with TLS, at an address that the policy allows. Throws AppError, or the signal's reason. */
export async function connectTo(url: URL, { addresses, signal, patience }: HttpsOptions): Promise<TLSSocket> {
  const host = url.hostname.replace(/^\[|\]$/g, '');
  const target = { host, port: url.port === '' ? 443 : Number(url.port), url: url.origin };
  const raw = await dial(target, { addresses, signal, timeoutMs: patience.answerMs });
  return secure(raw, {
    host,
    timeoutMs: patience.answerMs,
    signal,
    trust: { rejectUnauthorized: true },
    failed: ({ reason, code }, cause) =>
      new AppError('TLS_FAILED', `TLS with ${url.origin} failed: ${reason}.`, { hint: tlsHint(code), cause }),
    late: () => tooLate(url, 'the TLS handshake', patience.answerMs),
  });
}

/**
 * Gets a URL. Redirects to other https:// URLs are followed under the same rules. `connected` is an open connection to the URL's
 * host, if there is one. Throws AppError UNREACHABLE, ADDRESS_NOT_ALLOWED, TLS_FAILED, TIMEOUT, REDIRECT_REFUSED,
 * INVALID_RESPONSE, or the signal's reason.
 */
export async function httpsGet(get: HttpsGet, options: HttpsOptions, connected?: TLSSocket): Promise<HttpsAnswer> {
  let url = get.url;
  let socket = connected?.destroyed === false ? connected : await connectTo(url, options);
  for (let redirected = 0; ; redirected++) {
    const own = url.origin === get.url.origin && get.authorization !== null;
    const headers = { ...get.headers, ...(own ? { authorization: get.authorization ?? '' } : {}) };
    const message = await answerOf(socket, url, headers, options);
    const status = message.statusCode ?? 0;
    if (!redirects.includes(status))
      return { status, headers: message.headers, url, message, close: () => message.destroy() };
    message.destroy();
    if (redirected === mostRedirects) throw refusedRedirect(url, `it redirects more than ${mostRedirects} times`);
    url = redirectedTo(url, message.headers.location);
    socket = await connectTo(url, options);
  }
}

function answerOf(
  socket: TLSSocket,
  url: URL,
  headers: Readonly<Record<string, string>>,
  { signal, patience }: HttpsOptions,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const end = (error: unknown): void => {
      settle();
      request.destroy();
      socket.destroy();
      reject(error);
    };
    const request = httpsRequest({
      createConnection: () => socket,
      path: `${url.pathname}${url.search}`,
      headers: { host: url.host, connection: 'close', ...headers },
      maxHeaderSize: mostHeaderBytes,
    });
    const abort = (): void => end(signal.reason);
    const timer = setTimeout(() => end(tooLate(url, 'the request', patience.answerMs)), patience.answerMs);
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    };
    signal.addEventListener('abort', abort, { once: true });
    request.on('error', (cause) => end(brokenAnswer(url, cause)));
    request.once('response', (message) => {
      settle();
      // The reader of the body gets this error as well. Without a listener it would end the process when nobody reads.
      message.on('error', () => {});
      resolve(message);
    });
    if (signal.aborted) abort();
    else request.end();
  });
}

function redirectedTo(from: URL, location: string | undefined): URL {
  if (location === undefined) throw refusedRedirect(from, 'it does not say where to');
  const to = URL.canParse(location, from.href) ? new URL(location, from) : null;
  if (to === null) throw refusedRedirect(from, 'it names no valid URL');
  if (to.protocol !== 'https:') throw refusedRedirect(from, `it leads to ${to.protocol}, which is not secure`);
  if (to.username !== '' || to.password !== '') throw refusedRedirect(from, 'it leads to a URL with a password in it');
  return to;
}

function refusedRedirect(url: URL, why: string): AppError {
  return new AppError('REDIRECT_REFUSED', `${shownUrl(url)} answers with a redirect that is not followed: ${why}.`, {
    hint: 'Set url to the address of the file itself.',
  });
}

/** The error for a server that is too slow with `what`. */
export function tooLate(url: URL, what: string, ms: number): AppError {
  return new AppError('TIMEOUT', `${shownUrl(url)} did not answer ${what} within ${ms / 1000} s.`, {
    hint: 'Look whether the server or the network is overloaded, then run again.',
  });
}

function brokenAnswer(url: URL, cause: Error): AppError {
  return 'code' in cause && String(cause.code).startsWith('HPE_')
    ? new AppError('INVALID_RESPONSE', `${shownUrl(url)} does not answer with valid HTTP.`, {
        hint: 'Check that the URL leads to a web server, and look at proxies in between.',
        cause,
      })
    : new AppError('CONNECTION_LOST', `${shownUrl(url)} ended the connection before it had answered.`, {
        hint: "Run again; if it happens again, look in the server's log.",
        cause,
      });
}

const ownCa =
  'Put a certificate on the server that is signed by a public CA; or let those who run this service name your CA in NODE_EXTRA_CA_CERTS.';

function tlsHint(code: string): string {
  if (code === 'CERT_HAS_EXPIRED') return 'Renew the certificate on the server.';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'Use a name in the URL that the certificate holds.';
  return /CERT|ISSUER|SIGNATURE|_CA/.test(code) ? ownCa : "Check the URL's port, and the server's TLS settings.";
}
