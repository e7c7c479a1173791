import { maxValues } from './entry-decoder.ts';
import type { LdapPerson, PersonDecoder } from './person-decoder.ts';
import type { Reached } from './reach.ts';
import { readRange } from './read-parts.ts';

/** Reads the rest of attributes that came in part (`proxyAddresses;range=0-1499`). */
export async function finishRanges(reached: Reached, decoder: PersonDecoder): Promise<void> {
  for (const { entry, range } of decoder.unfinished.splice(0)) {
    const { values, undecodable } = await readRange(reached, entry.name, range.name, range.next);
    const fits = append(entry, range.slot, values);
    if (undecodable || !fits) entry.undecodable = [...new Set([...entry.undecodable, range.name])];
  }
}

/** Adds values. Returns false when some did not fit and were left out. */
function append(entry: LdapPerson, slot: number, more: string[]): boolean {
  const values = [entry.attributes[slot] ?? [], more].flat();
  const kept = values.slice(0, maxValues);
  entry.attributes = entry.attributes.map((value, i) => (i === slot ? kept : value));
  return values.length <= maxValues;
}
