import { AppError } from '../../../core/app-error.ts';
import type { DialOptions } from '../net/dial.ts';
import { allowances } from './answer-limits.ts';
import { dialPlain } from './dial-plain.ts';
import { and, encodeFilter, equal } from './filter/filter.ts';
import { LdapConnection } from './ldap-connection.ts';
import type { LdapUrl } from './ldap-url.ts';
import { readEntries } from './read-entries.ts';

/** How many domain controllers are asked, one after the other. */
const mostAsked = 2;
const longestWaitSeconds = 5;

/**
 * The site of an Active Directory in which this service is. A domain controller finds it by our address and tells it to
 * every client (LDAP ping, MS-ADTS 6.3.3). Null: none of the first controllers has answered. Throws only the signal's
 * reason.
 */
export async function findSite(
  controllers: readonly LdapUrl[],
  domain: string,
  dialling: Omit<DialOptions, 'timeoutMs'>,
): Promise<string | null> {
  for (const controller of controllers.slice(0, mostAsked)) {
    try {
      const site = await ask(controller, domain, dialling);
      if (site !== null) return site;
    } catch (error) {
      dialling.signal.throwIfAborted();
      if (!(error instanceof AppError)) throw error;
    }
  }
  return null;
}

async function ask(
  controller: LdapUrl,
  domain: string,
  dialling: Omit<DialOptions, 'timeoutMs'>,
): Promise<string | null> {
  const wire = await dialPlain(controller, { ...dialling, timeoutMs: longestWaitSeconds * 1000 });
  const connection = new LdapConnection(controller, wire, longestWaitSeconds);
  const release = connection.obey(dialling.signal);
  try {
    const { entries } = await readEntries(connection, {
      baseDn: '',
      scope: 'base',
      filter: encodeFilter(and([equal('DnsDomain', domain), { kind: 'equal', attribute: 'NtVer', value: extended }])),
      attributes: ['Netlogon'],
      allowance: allowances.entry,
    });
    const [answer] = entries[0]?.attributes.get('netlogon') ?? [];
    return answer === undefined ? null : siteIn(answer);
  } finally {
    release();
    await connection.close();
  }
}

/** NtVer: asks for the form of the answer that `siteIn` reads (V5 and V5EX, MS-ADTS 6.3.1.1), lowest byte first. */
const extended = Buffer.of(6, 0, 0, 0);
/** The answers of that form: yes, paused, and unknown user (MS-ADTS 6.3.1.3). */
const opcodes = [23, 24, 25];
/** Opcode, padding, flags and GUID of the domain. */
const fixedBytes = 24;
/**
 * The index of our site in the list: forest, domain, host, domain and computer in NetBIOS, user, site of the
 * controller, our site.
 */
const ownSite = 7;

/**
 * Our site in a NETLOGON_SAM_LOGON_RESPONSE_EX (MS-ADTS 6.3.1.9). Null: the bytes are no such answer, or name no site
 * that can be in DNS.
 */
export function siteIn(bytes: Buffer): string | null {
  if (bytes.length < fixedBytes || !opcodes.includes(bytes.readUInt16LE(0))) return null;
  let at = fixedBytes;
  for (let i = 0; i < ownSite; i++) {
    const name = nameAt(bytes, at);
    if (name === null) return null;
    at = name.next;
  }
  const site = nameAt(bytes, at)?.text ?? '';
  return /^[\w-]{1,63}$/.test(site) ? site : null;
}

/** Longer than any name in DNS may be. */
const longestName = 255;
const mostJumps = 20;

/** A name in the packed form of DNS (RFC 1035, 4.1.4), and where the next one begins. Null: it is malformed. */
function nameAt(bytes: Buffer, start: number): { text: string; next: number } | null {
  const labels: string[] = [];
  let [at, next, jumps, length] = [start, -1, 0, 0];
  for (;;) {
    const size = bytes[at];
    if (size === undefined) return null;
    if (size >= 0xc0) {
      const low = bytes[at + 1];
      if (low === undefined || ++jumps > mostJumps) return null;
      if (next < 0) next = at + 2;
      at = (size & 0x3f) * 256 + low;
      continue;
    }
    at++;
    if (size === 0) return { text: labels.join('.'), next: next < 0 ? at : next };
    length += size + 1;
    if (size > 63 || at + size > bytes.length || length > longestName) return null;
    labels.push(bytes.toString('utf8', at, at + size));
    at += size;
  }
}
