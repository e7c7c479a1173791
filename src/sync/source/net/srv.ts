import { hash } from 'node:crypto';
import type { SrvRecord } from 'node:dns';
import { Resolver } from 'node:dns/promises';
import { isIP } from 'node:net';

/** A server that a domain names for a service. */
export type SrvTarget = { host: string; port: number };

/**
 * DNS's answer about a service. `found`: its servers, in the order to try them. There may also be none, or no answer
 * (`code`: why).
 */
export type SrvAnswer = { kind: 'found'; targets: SrvTarget[] } | { kind: 'none' } | { kind: 'failed'; code: string };

export type SrvOptions = {
  /** The name servers to ask, as `address:port`. Left out: those of the system. */
  servers?: readonly string[] | undefined;
  signal: AbortSignal;
};

const timeoutMs = 5000;
const tries = 2;
/** The longest time for a question. It includes several tries with each of several name servers. */
const longestMs = 20_000;
/** The most records that are used. A domain can name more servers than anybody tries. */
const mostRecords = 100;
const hostName = /^[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?(?:\.[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?)*$/i;

/** Asks for the SRV records of a name such as `_ldap._tcp.example.com`. Throws only the signal's reason. */
export async function findTargets(name: string, { servers, signal }: SrvOptions): Promise<SrvAnswer> {
  signal.throwIfAborted();
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  if (servers !== undefined) resolver.setServers(servers);
  const cancel = (): void => resolver.cancel();
  signal.addEventListener('abort', cancel, { once: true });
  const timer = setTimeout(cancel, longestMs);
  try {
    const targets = srvTargets(await resolver.resolveSrv(name), chanceOf(name));
    return targets.length === 0 ? { kind: 'none' } : { kind: 'found', targets };
  } catch (error) {
    signal.throwIfAborted();
    const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : 'no code';
    return code === 'ENOTFOUND' || code === 'ENODATA' ? { kind: 'none' } : { kind: 'failed', code };
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', cancel);
  }
}

/**
 * The targets in the order of RFC 2782: the lowest priority first; among equal ones at random, in proportion to their
 * weight. Invalid host names are left out. So is the name ".", which says that there is no such service. `random`
 * returns numbers from 0 to below 1. The order of the records does not matter, because name servers change it with each
 * answer.
 */
export function srvTargets(records: readonly SrvRecord[], random: () => number): SrvTarget[] {
  const usable = records.flatMap((record) => {
    const host = record.name.replace(/\.$/, '').toLowerCase();
    const isName = host.length <= 253 && hostName.test(host) && isIP(host) === 0;
    return isName && record.port > 0 ? [{ ...record, host }] : [];
  });
  const priorities = [...new Set(usable.map(({ priority }) => priority))].sort((a, b) => a - b);
  const ordered: SrvTarget[] = [];
  for (const priority of priorities) {
    const equals = usable.filter((record) => record.priority === priority);
    // Weight 0 comes first, so that it has a small chance to be taken (RFC 2782).
    const left = equals.sort((a, b) => a.weight - b.weight || compare(a.host, b.host) || a.port - b.port);
    while (left.length > 0 && ordered.length < mostRecords) {
      const [{ host, port } = { host: '', port: 0 }] = left.splice(drawn(left, random), 1);
      ordered.push({ host, port });
    }
  }
  return ordered;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Pseudorandom numbers for choosing among a service's servers. They differ between names and are the same each time.
 * So, while DNS has the same records, a connection uses the same server at each run, and the connections of many
 * domains are distributed by weight. The same server matters because some directories count for themselves: Active
 * Directory's numbers of changes mean nothing on another server.
 */
export function chanceOf(name: string): () => number {
  let drawn = 0;
  return () => hash('sha256', `${name.toLowerCase()} ${drawn++}`, 'buffer').readUIntBE(0, 6) / 2 ** 48;
}

/** The index of the record that is chosen by weight. */
function drawn(records: readonly { weight: number }[], random: () => number): number {
  const total = records.reduce((sum, { weight }) => sum + weight, 0);
  let left = Math.floor(random() * (total + 1));
  const index = records.findIndex(({ weight }) => {
    left -= weight;
    return left <= 0;
  });
  return Math.max(index, 0);
}
