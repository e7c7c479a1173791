import { X509Certificate } from 'node:crypto';
import type { DetailedPeerCertificate, TLSSocket } from 'node:tls';
import { listed, saidText } from '../../../core/outside-text.ts';
import { readCertificates } from './pem.ts';

/** How a connection is encrypted. `subjects`: the server's certificate, and those that signed it, in order. */
export type Encryption = {
  /** The protocol, e.g. `TLSv1.3`. */
  protocol: string;
  subjects: readonly string[];
  /** When the server's certificate expires. Null: it has none. */
  ends: Date | null;
  /** The signer whose certificate expires first. Null: no signer is known. */
  signer: { subject: string; ends: Date } | null;
  /** Whether one of the signers is in `tlsCa`. */
  ownCa: boolean;
};

/** The most certificates of a chain that are read. Real chains have up to four. */
const longestChain = 10;

/** Describes a connection after its handshake. */
export function encryptionOf(socket: TLSSocket, tlsCa: string | null): Encryption {
  const chain = chainOf(socket);
  const [server, ...signers] = chain;
  const read = tlsCa === null || tlsCa.trim() === '' ? null : readCertificates(tlsCa);
  const own = new Set(read?.kind === 'ok' ? read.certificates.map(({ fingerprint256 }) => fingerprint256) : []);
  const byEnd = signers.map((one) => ({ subject: subjectOf(one), ends: new Date(one.validTo) }));
  return {
    protocol: socket.getProtocol() ?? 'TLS',
    subjects: chain.map(subjectOf),
    ends: server === undefined ? null : new Date(server.validTo),
    signer: byEnd.toSorted((a, b) => a.ends.getTime() - b.ends.getTime())[0] ?? null,
    ownCa: chain.some(({ fingerprint256 }) => own.has(fingerprint256)),
  };
}

function chainOf(socket: TLSSocket): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next: DetailedPeerCertificate | undefined = socket.getPeerCertificate(true);
  while (next?.raw !== undefined && chain.length < longestChain) {
    const certificate = new X509Certificate(next.raw);
    // The last certificate of a chain is its own signer.
    if (chain.some(({ fingerprint256 }) => fingerprint256 === certificate.fingerprint256)) break;
    chain.push(certificate);
    next = next.issuerCertificate;
  }
  return chain;
}

function subjectOf({ subject }: X509Certificate): string {
  return saidText((subject ?? '').split('\n').join(', '));
}

/** Whether a protocol is older than TLS 1.2. */
export function isOldTls({ protocol }: Encryption): boolean {
  return /^(?:SSL|TLSv1(?:\.1)?$)/.test(protocol);
}

/** The text for people: `TLS 1.3. The certificate of "CN=ldap" is signed by "CN=Our CA", which tlsCa holds.` */
export function encryptionText({ protocol, subjects, ownCa }: Encryption): string {
  const [own, ...signers] = subjects;
  const version = protocol.replace(/^TLSv/, 'TLS ');
  if (own === undefined) return `${version}.`;
  const by = signers.length === 0 ? 'names no signer that is known here' : `is signed by ${listed(signers)}`;
  return `${version}. The certificate of ${listed([own])} ${by}${ownCa ? '; tlsCa vouches for it' : ''}.`;
}
