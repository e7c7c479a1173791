import { AppError } from '../core/app-error.ts';

/** Objects and lists within each other, in what a client sends as JSON. */
const DEEPEST = 64;

const [QUOTE, BACKSLASH, BRACKET, BRACKET_END, BRACE, BRACE_END] = [...Buffer.from('"\\[]{}')];

/** AppError BAD_REQUEST for JSON that is nested too deep; looks at UTF-8 bytes, before anything is parsed. */
export function checkNesting(json: Uint8Array): void {
  let depth = 0;
  let isText = false;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === QUOTE) isText = !isText;
    else if (isText) {
      if (byte === BACKSLASH) at++;
    } else if (byte === BRACE || byte === BRACKET) {
      depth++;
      if (depth > DEEPEST) throw new AppError('BAD_REQUEST', `A request is at most ${DEEPEST} levels deep.`);
    } else if (byte === BRACE_END || byte === BRACKET_END) depth--;
  }
}
