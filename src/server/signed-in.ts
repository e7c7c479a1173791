import type { RequestHandler, Response } from 'express';
import type { Traffic } from '../api/traffic/traffic.ts';
import { rateLimited } from '../api/traffic/traffic-limits.ts';
import type { Viewer } from '../core/access.ts';
import { refuse } from './refuse.ts';
import type { ServerParts } from './server-parts.ts';

/** Lets on only those who are signed in: by the header alone, before anything of the body is read. */
export function signedIn(parts: Pick<ServerParts, 'signIn' | 'faultLog'>): RequestHandler {
  return async (request, response, next) => {
    try {
      response.locals.viewer = await parts.signIn(request.headers.authorization);
    } catch (error) {
      // The body is not waited for.
      response.setHeader('connection', 'close');
      return refuse(response, error, parts);
    }
    next();
  };
}

/** Who a request comes from that `signedIn` let on. */
export function viewerOf(response: Response): Viewer {
  const { viewer } = response.locals;
  if (viewer === undefined) throw new Error('A route was reached that asks for no sign-in.');
  return viewer;
}

/** Counts an answer that may take as long as it likes, until it ends. AppError RATE_LIMITED when its token has too many. */
export function countStream({ streams, limits }: Traffic, viewer: Viewer, response: Response): void {
  const end = streams.add(viewer.tokenId);
  if (end === null) {
    throw rateLimited(limits.retryAfterSeconds, `An access token has ${limits.streamsPerToken} streams at a time.`);
  }
  if (response.destroyed) end();
  else response.once('close', end);
}

/** Longest that a timer can be set for. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back at that moment, or at once when it is past. Returns the function that takes it back. */
export function whenExpired(expiresAt: Date, call: () => void): () => void {
  let timer: NodeJS.Timeout;
  const wait = () => {
    const left = expiresAt.getTime() - Date.now();
    timer = setTimeout(left > LONGEST_MS ? wait : call, Math.min(Math.max(left, 0), LONGEST_MS));
    timer.unref();
  };
  wait();
  return () => clearTimeout(timer);
}
