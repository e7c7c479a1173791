import express, { type RequestHandler } from 'express';
import { AppError } from '../core/app-error.ts';

/** The most bytes of a request's body, unpacked. */
export const LARGEST_BODY = 1024 * 1024;

const read: RequestHandler = express.json({
  limit: LARGEST_BODY,
  verify: (_request, _response, body, encoding) => {
    if (encoding !== 'utf-8') throw new AppError('BAD_REQUEST', 'A request body is UTF-8.');
    checkNesting(body);
  },
});

/**
 * Reads a request's JSON body into `request.body`, unless it is too large or nested too deep. It does not wait for the rest of a body
 * that is too large, because that may be endless.
 */
export const jsonBody: RequestHandler = (request, response, next) => {
  // It has been read before Express took the request over.
  if (request.body !== undefined) return next();
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

/** Parses a whole body. Throws for JSON that is nested too deep, and for what is neither an object nor a list. */
export function parseJson(bytes: Buffer): object {
  checkNesting(bytes);
  try {
    const text = bytes.toString();
    const parsed: unknown = JSON.parse(text.startsWith(BYTE_ORDER_MARK) ? text.slice(1) : text);
    if (typeof parsed === 'object' && parsed !== null) return parsed;
    throw new SyntaxError('A body is an object or a list.');
  } catch (error) {
    throw Object.assign(error as Error, { status: 400 });
  }
}

const BYTE_ORDER_MARK = '\uFEFF';

function tooLarge(): Error {
  return Object.assign(new Error('The body is too large.'), { status: 413 });
}

/** The most levels of objects and lists in a client's JSON. */
const DEEPEST = 64;

const [QUOTE, BACKSLASH, BRACKET, BRACKET_END, BRACE, BRACE_END] = [...Buffer.from('"\\[]{}')];

/** Throws an AppError BAD_REQUEST for JSON that is nested too deep. It reads UTF-8 bytes, before anything is parsed. */
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
