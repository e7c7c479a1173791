import { BerCursor, Tag } from '../../src/sync/source/ldap/ber.ts';
import { type DecodedEntry, EntryDecoder } from '../../src/sync/source/ldap/entry-decoder.ts';
import { MessageSplitter } from '../../src/sync/source/ldap/message-splitter.ts';
import { entry, type FakeValue } from './ldap-fake-server.ts';

/** The content of a SearchResultEntry, as a decoder gets it. */
export function entryBytes(
  dn: FakeValue,
  attributes: Record<string, FakeValue | FakeValue[]>,
): { bytes: Buffer; at: number; end: number } {
  let found: { bytes: Buffer; at: number; end: number } | null = null;
  const splitter = new MessageSplitter((message, start, end) => {
    const cursor = new BerCursor(message, start, end);
    cursor.integer();
    const content = cursor.element(Tag.SEARCH_ENTRY);
    found = { bytes: Buffer.from(message), at: content.at, end: content.end };
  });
  splitter.read(entry(1, dn, attributes));
  if (found === null) throw new Error('No whole message.');
  return found;
}

/** Feeds the bytes of SearchResultEntry messages in pieces through splitter and decoder. */
export function decodeAll(names: string[], bytes: Buffer, cuts: number[] = []): DecodedEntry[] {
  const decoder = new EntryDecoder(names);
  const decoded: DecodedEntry[] = [];
  const splitter = new MessageSplitter((message, start, end) => {
    const cursor = new BerCursor(message, start, end);
    cursor.integer();
    const content = cursor.element(Tag.SEARCH_ENTRY);
    decoded.push(decoder.decode(Buffer.from(message), content.at, content.end));
  });
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  for (const [i, from] of edges.slice(0, -1).entries()) splitter.read(Buffer.from(bytes.subarray(from, edges[i + 1])));
  return decoded;
}
