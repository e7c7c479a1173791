import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import type { Viewer } from '../core/access.ts';
import { startBodyDeadline } from './body-deadline.ts';
import { clientLeft } from './client-signal.ts';
import { LARGEST_BODY, parseJson } from './json-body.ts';
import type { ServerParts } from './server-parts.ts';

/** What `response.locals` contains when Express takes a request over: why it failed, or who sent it. */
export type TakenOver = { failure: unknown } | { viewer: Viewer };

/** Answers an operation of this viewer. False: the body is no operation. */
export type AnswerDirectly = (body: unknown, viewer: Viewer, response: ServerResponse) => Promise<boolean>;

/**
 * Answers the simplest requests, which are nearly all: operations that are posted to /graphql as JSON of a known
 * length, by clients that accept JSON. They do not go through Express, whose layers cost more than the look-up of a
 * contact. Express gets all other requests, and also those that fail here, so each refusal is written in one place.
 */
export function directGraphql(
  { signIn }: Pick<ServerParts, 'signIn'>,
  httpServer: Server,
  express: RequestListener,
  answer: AnswerDirectly,
): RequestListener {
  const signInOf = async ({ headers }: IncomingMessage, response: ServerResponse): Promise<Viewer> => {
    try {
      return await signIn(headers.authorization);
    } catch (error) {
      // The body is not waited for.
      response.setHeader('connection', 'close');
      throw error;
    }
  };
  const work = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let locals: TakenOver;
    try {
      const viewer = await signInOf(request, response);
      startBodyDeadline(httpServer, request);
      const body = parseJson(await bytesOf(request));
      if (await answer(body, viewer, response)) return;
      Object.assign(request, { body });
      locals = { viewer };
    } catch (failure) {
      locals = { failure };
    }
    express(request, Object.assign(response, { locals }));
  };
  return (request, response) => {
    if (isPlain(request)) void work(request, response);
    else express(request, response);
  };
}

const jsonTypes = ['application/json', 'application/json; charset=utf-8', 'application/json;charset=utf-8'];

/** Whether a client takes plain JSON. One that names other media types may want one of them. */
export function takesJson({ headers: { accept = '*/*' } }: IncomingMessage): boolean {
  return accept === '*/*' || accept === 'application/json';
}

function isPlain(request: IncomingMessage): boolean {
  const { method, url, headers } = request;
  const length = Number(headers['content-length'] ?? 0);
  return (
    method === 'POST' &&
    url === '/graphql' &&
    length > 0 &&
    length <= LARGEST_BODY &&
    headers['content-encoding'] === undefined &&
    jsonTypes.includes(headers['content-type']?.toLowerCase() ?? '') &&
    takesJson(request)
  );
}

/** A body of a known length. Rejects when the client leaves before it is complete. */
function bytesOf(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const pieces: Buffer[] = [];
    request.on('data', (piece: Buffer) => pieces.push(piece));
    request.once('end', () => resolve(pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)));
    request.once('error', reject);
    request.once('close', () => {
      if (!request.complete) reject(clientLeft());
    });
  });
}
