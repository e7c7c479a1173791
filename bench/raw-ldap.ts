/** Encodes BER (X.690), as far as a bind and a paged search need it. */
function tlv(tag: number, ...parts: Uint8Array[]): Buffer {
  const body = Buffer.concat(parts);
  const length = body.length < 128 ? [body.length] : [0x82, body.length >> 8, body.length & 255];
  return Buffer.concat([Buffer.of(tag, ...length), body]);
}

function text(value: string, tag = 0x04): Buffer {
  return tlv(tag, Buffer.from(value));
}

function int(value: number, tag = 0x02): Buffer {
  return tlv(tag, Buffer.of(value >> 16, (value >> 8) & 255, value & 255));
}

const pagedResults = '1.2.840.113556.1.4.319';

/** A simple bind (RFC 4511, 4.2). */
export function bindRequest(id: number, dn: string, password: string): Buffer {
  return tlv(0x30, int(id), tlv(0x60, int(3), text(dn), text(password, 0x80)));
}

/** A request for one page of everybody below a base (RFC 4511, 4.5; RFC 2696). */
export function searchRequest(
  id: number,
  baseDn: string,
  attributes: readonly string[],
  page: { size: number; cookie: Uint8Array },
): Buffer {
  const filter = tlv(0xa3, text('objectClass'), text('inetOrgPerson'));
  const limits = [int(2, 0x0a), int(0, 0x0a), int(0), int(0), tlv(0x01, Buffer.of(0))];
  const search = tlv(0x63, text(baseDn), ...limits, filter, tlv(0x30, ...attributes.map((name) => text(name))));
  const value = tlv(0x30, int(page.size), tlv(0x04, page.cookie));
  const control = tlv(0x30, text(pagedResults), tlv(0x01, Buffer.of(255)), tlv(0x04, value));
  return tlv(0x30, int(id), search, tlv(0xa0, control));
}

/** The shortest message has this many bytes, and the longest header has no more. */
const shortestMessage = 12;

/** The end of the message at `at`, and its operation. Null while its header is incomplete. */
export function messageHead(bytes: Uint8Array, at: number): { ends: number; operation: number } | null {
  if (bytes.length - at < shortestMessage) return null;
  const body = at + 1;
  const start = body + sizeOfLength(bytes, body);
  const id = start + 1;
  return { ends: start + lengthAt(bytes, body), operation: bytes[id + 1 + lengthAt(bytes, id)] ?? 0 };
}

function sizeOfLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  return first < 128 ? 1 : 1 + (first & 127);
}

function lengthAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0;
  if (first < 128) return first;
  let length = 0;
  for (let index = at + 1; index <= at + (first & 127); index++) length = length * 256 + (bytes[index] ?? 0);
  return length;
}

/** The cookie in the message that ends a page; empty after the last one. */
export function cookieOf(message: Buffer): Buffer {
  const oid = message.indexOf(pagedResults);
  if (oid === -1) return Buffer.alloc(0);
  const sequence = message.indexOf(0x30, oid + pagedResults.length);
  const size = sequence + 1 + sizeOfLength(message, sequence + 1);
  const cookie = size + 2 + lengthAt(message, size + 1);
  const start = cookie + 1 + sizeOfLength(message, cookie + 1);
  return message.subarray(start, start + lengthAt(message, cookie + 1));
}
