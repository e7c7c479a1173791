import type { RequestHandler, Response } from 'express';
import type { Traffic } from '../api/traffic/traffic.ts';
import { rateLimited } from '../api/traffic/traffic-limits.ts';
import type { Viewer } from '../core/access.ts';
import { refuse } from './refuse.ts';
import type { ServerParts } from './server-parts.ts';
import { breakOff } from './write.ts';

/** Lets only people through who are signed in. It needs only the header, and runs before the body is read. */
export function signedIn(parts: Pick<ServerParts, 'signIn' | 'faultLog'>): RequestHandler {
  return async (request, response, next) => {
    try {
      response.locals.viewer ??= await parts.signIn(request.headers.authorization);
    } catch (error) {
      // The body is not waited for.
      response.setHeader('connection', 'close');
      return refuse(response, error, parts);
    }
    next();
  };
}

/** The person who sent a request that `signedIn` let through. */
export function viewerOf(response: Response): Viewer {
  const { viewer } = response.locals;
  if (viewer === undefined) throw new Error('A route was reached that asks for no sign-in.');
  return viewer;
}

/** Counts an answer without a time limit until it ends. Throws an AppError RATE_LIMITED when its token has too many. */
export function countStream({ streams, limits }: Traffic, viewer: Viewer, response: Response): void {
  const end = streams.add(viewer.tokenId);
  if (end === null) {
    throw rateLimited(limits.retryAfterSeconds, `An access token has ${limits.streamsPerToken} streams at a time.`);
  }
  if (response.destroyed) end();
  else response.once('close', end);
}

/** Breaks an answer off when the token that it was asked for with expires. */
export function breakOffAtExpiry({ expiresAt }: Viewer, response: Response): void {
  response.once(
    'close',
    whenExpired(expiresAt, () => breakOff(response)),
  );
}

/** The longest time that a timer can be set for. */
const LONGEST_MS = 2 ** 31 - 1;

/** Calls back at that moment, or at once if it has passed. Returns the function that cancels the call. */
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
