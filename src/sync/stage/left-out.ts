import { ExclusionReason } from '../../core/run.ts';
import type { Digest } from './digest.ts';

/** The most people who are remembered. A run asks for the others again. */
export const mostLeftOut = 100_000;

/** The bytes of one person: the digest of their id, and the index of the reason in the list at the beginning. */
const digestBytes = 16;
const personBytes = digestBytes + 1;

/**
 * Writes the people whom a read has left out, with the reasons: first a line with the names of the reasons, then the
 * people. With the names, a later release with other reasons can read it. Empty when there is nobody.
 */
export function writeLeftOut(people: readonly { id: Digest; reason: ExclusionReason }[]): Uint8Array {
  if (people.length === 0) return new Uint8Array(0);
  const reasons = Object.values(ExclusionReason);
  const header = Buffer.from(`${reasons.join(' ')}\n`);
  const kept = people.slice(0, mostLeftOut);
  const bytes = Buffer.alloc(header.length + personBytes * kept.length);
  header.copy(bytes);
  for (const [i, { id, reason }] of kept.entries()) {
    const at = header.length + personBytes * i;
    for (let part = 0; part < 4; part++) bytes.writeUInt32BE(id[part] ?? 0, at + 4 * part);
    bytes[at + digestBytes] = reasons.indexOf(reason);
  }
  return bytes;
}

/**
 * Reads what `writeLeftOut` has written. People with a reason that this release does not know are skipped. `id` is
 * valid only during the call.
 */
export function readLeftOut(written: Uint8Array, onPerson: (id: Digest, reason: ExclusionReason) => void): void {
  const bytes = Buffer.from(written.buffer, written.byteOffset, written.byteLength);
  const end = bytes.indexOf('\n');
  if (end === -1) return;
  const known = Object.values(ExclusionReason);
  const reasons = bytes
    .toString('latin1', 0, end)
    .split(' ')
    .map((name) => known.find((reason) => reason === name));
  const id: Digest = new Uint32Array(4);
  for (let at = end + 1; at + personBytes <= bytes.length; at += personBytes) {
    const reason = reasons[bytes[at + digestBytes] ?? -1];
    for (let part = 0; part < 4; part++) id[part] = bytes.readUInt32BE(at + 4 * part);
    if (reason !== undefined) onPerson(id, reason);
  }
}
