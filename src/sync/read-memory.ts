/** What a read remembers for the next one: the source's own memory, and the people whom the scope left out. */
export type ReadMemory = { source: Uint8Array; leftOut: Uint8Array };

const lengthBytes = 4;

/** Puts both into one piece of bytes, which is stored with the cursor. Empty when both are. */
export function writeMemory({ source, leftOut }: ReadMemory): Uint8Array {
  if (source.length === 0 && leftOut.length === 0) return new Uint8Array(0);
  const length = Buffer.alloc(lengthBytes);
  length.writeUInt32BE(source.length);
  return Buffer.concat([length, source, leftOut]);
}

/** Takes them apart again. */
export function readMemory(written: Uint8Array): ReadMemory {
  if (written.length < lengthBytes) return { source: new Uint8Array(0), leftOut: new Uint8Array(0) };
  const bytes = Buffer.from(written.buffer, written.byteOffset, written.byteLength);
  const end = lengthBytes + bytes.readUInt32BE();
  return { source: bytes.subarray(lengthBytes, end), leftOut: bytes.subarray(end) };
}
