import express, { type RequestHandler } from 'express';
import { AppError } from '../core/app-error.ts';

/** Bytes of a request's body, unpacked. */
const LARGEST_BODY = 1024 * 1024;

const read: RequestHandler = express.json({
  limit: LARGEST_BODY,
  verify: (_request, _response, body, encoding) => {
    if (encoding !== 'utf-8') throw new AppError('BAD_REQUEST', 'A request body is UTF-8.');
    checkNesting(body);
  },
});

/**
 * Reads a request's JSON body into `request.body`, once it is known to be neither too large nor too deep. The rest of one
 * that is too large is not waited for: it may have no end.
 */
export const jsonBody: RequestHandler = (request, response, next) => {
  if (Number(request.headers['content-length']) > LARGEST_BODY) return next(tooLarge());
  let taken = 0;
  const count = (bytes: Buffer): void => {
    taken += bytes.length;
    if (taken > LARGEST_BODY) end(tooLarge());
  };
  let ended = false;
  const end = (error?: unknown): void => {
    request.off('data', count);
    if (!ended) next(error);
    ended = true;
  };
  request.on('data', count);
  void read(request, response, end);
};

function tooLarge(): Error {
  return Object.assign(new Error('The body is too large.'), { status: 413 });
}

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
