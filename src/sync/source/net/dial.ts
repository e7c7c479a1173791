import { lookup } from 'node:dns/promises';
import { connect, isIP, type Socket, type TcpNetConnectOpts } from 'node:net';
import { AppError } from '../../../core/app-error.ts';
import type { AddressPolicy } from '../../../core/source-session.ts';
import { isAllowedAddress } from './address-policy.ts';

/** The target of a connection. `url` is its name in messages. */
export type DialTarget = { host: string; port: number; url: string };

/** `timeoutMs`: the longest wait for each address. */
export type DialOptions = { addresses: AddressPolicy; signal: AbortSignal; timeoutMs: number };

/** The longest wait for a TCP connection, even if `timeoutMs` is longer. */
const maxConnectMs = 10_000;
/** The longest time for all: resolving the name and trying its addresses. */
const maxDialMs = 30_000;

/** A way to connect to an address. */
export type ConnectTo<T> = (target: TcpNetConnectOpts, options: DialOptions) => Promise<T>;

/**
 * Connects to the target's host. The name is resolved once, each address is checked against the policy, and only a checked
 * address is dialled. Throws AppError UNREACHABLE or ADDRESS_NOT_ALLOWED, or the signal's reason.
 */
export function dial(target: DialTarget, options: DialOptions): Promise<Socket> {
  return dialBy(target, options, tcp);
}

/** Like `dial`, with another way to connect to an address. */
export async function dialBy<T>(target: DialTarget, options: DialOptions, connectTo: ConnectTo<T>): Promise<T> {
  const tooLate = AbortSignal.timeout(maxDialMs);
  const bounded = { ...options, signal: AbortSignal.any([options.signal, tooLate]) };
  let problem: unknown;
  for (const address of await allowedAddresses(target, bounded)) {
    try {
      return await connectTo({ host: address, port: target.port }, bounded);
    } catch (error) {
      options.signal.throwIfAborted();
      problem ??= error;
      if (tooLate.aborted) break;
    }
  }
  throw unreachable(target, problem);
}

async function allowedAddresses({ host }: DialTarget, { addresses, signal }: DialOptions): Promise<string[]> {
  const found = isIP(host) === 0 ? await resolve(host, signal) : [host];
  const allowed = found.filter((address) => isAllowedAddress(address, addresses));
  if (allowed.length > 0) return allowed;
  // The message does not name the address. Otherwise people could explore the network of this service.
  const why = isIP(host) === 0 ? 'it leads to a private or reserved address' : 'it is a private or reserved address';
  throw new AppError('ADDRESS_NOT_ALLOWED', `Connections to ${host} are not allowed: ${why}.`, {
    hint: 'Link-local addresses are never allowed. Others can be, by those who run this service: ALLOW_PRIVATE_SOURCES takes true, or a list of CIDRs.',
  });
}

/** The reason of AbortSignal.timeout. */
function isTimeout(reason: unknown): boolean {
  return reason instanceof DOMException && reason.name === 'TimeoutError';
}

async function resolve(host: string, signal: AbortSignal): Promise<string[]> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const abort = (): void => aborted.reject(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  try {
    const found = await Promise.race([lookup(host, { all: true }), aborted.promise]);
    return found.map(({ address }) => address);
  } catch (error) {
    if (signal.aborted && !isTimeout(signal.reason)) throw signal.reason;
    throw new AppError('UNREACHABLE', `The host name "${host}" can not be resolved.`, {
      hint: 'Check its spelling in the URL, and that this service can look up names of your network.',
      cause: error,
    });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** Opens a TCP connection. Throws the system's error, or the signal's reason. */
export function tcp(target: TcpNetConnectOpts, { signal, timeoutMs }: DialOptions): Promise<Socket> {
  signal.throwIfAborted();
  return new Promise((resolve, reject) => {
    const socket = connect({ ...target, noDelay: true, keepAlive: true });
    const end = (error: unknown): void => {
      settle();
      socket.on('error', () => {});
      socket.destroy();
      reject(error);
    };
    const abort = (): void => end(signal.reason);
    const timer = setTimeout(() => end(new Error('no answer in time')), Math.min(timeoutMs, maxConnectMs));
    const settle = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
      socket.off('error', end);
    };
    signal.addEventListener('abort', abort, { once: true });
    socket.once('error', end);
    socket.once('connect', () => {
      settle();
      resolve(socket);
    });
  });
}

const reasons: Record<string, string> = {
  ECONNREFUSED: 'nothing listens there',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to its network',
  ETIMEDOUT: 'there was no answer in time',
};

function unreachable({ url, port }: DialTarget, cause: unknown): AppError {
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  const reason = reasons[code] ?? (code === '' ? 'there was no answer in time' : code);
  return new AppError('UNREACHABLE', `${url} can not be reached (port ${port}): ${reason}.`, {
    hint: 'Check host and port, that the server runs, and that no firewall is in between.',
    cause,
  });
}
