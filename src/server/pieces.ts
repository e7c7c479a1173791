/** Bytes of a piece. */
const PIECE = 64 * 1024;

/** What is sent in pieces, one after another; a character may lie in two of them. */
export function* pieces(bytes: Buffer): Generator<Buffer> {
  for (let from = 0; from < bytes.length; from += PIECE) yield bytes.subarray(from, from + PIECE);
}
