/** UTF-16 units of a piece: what a connection that never reads holds of a text that is being sent to it. */
const PIECE = 16 * 1024;

/** A text in pieces that are sent one after another; none ends within a character. */
export function* pieces(text: string): Generator<string> {
  for (let from = 0; from < text.length; ) {
    let to = Math.min(from + PIECE, text.length);
    if (to < text.length && isHighSurrogate(text.charCodeAt(to - 1))) to--;
    yield text.slice(from, to);
    from = to;
  }
}

const isHighSurrogate = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
