import type { RequestHandler, Response } from 'express';
import type { Viewer } from '../core/access.ts';
import { refuse } from './refuse.ts';
import type { ServerParts } from './server-parts.ts';

/** Lets on only those who are signed in: by the header alone, before anything of the body is read. */
export const signedIn =
  (parts: Pick<ServerParts, 'signIn' | 'faultLog'>): RequestHandler =>
  async (request, response, next) => {
    try {
      response.locals.viewer = await parts.signIn(request.headers.authorization);
    } catch (error) {
      // The body is not waited for.
      response.setHeader('connection', 'close');
      return refuse(response, error, parts);
    }
    next();
  };

/** Who a request comes from that `signedIn` let on. */
export function viewerOf(response: Response): Viewer {
  const { viewer } = response.locals;
  if (viewer === undefined) throw new Error('A route was reached that asks for no sign-in.');
  return viewer;
}
