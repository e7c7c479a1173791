import { createServer } from 'node:http';
import express, { type ErrorRequestHandler, type RequestHandler } from 'express';
import { AppError } from '../core/app-error.ts';
import { answerMalformed } from './answer-bare.ts';
import { bodyDeadline, countBodiesHere } from './body-deadline.ts';
import { directGraphql } from './direct-graphql.ts';
import { exportRoute } from './export-route.ts';
import { fileRoute } from './file-route.ts';
import { graphqlRoute } from './graphql-route.ts';
import { jsonBody } from './json-body.ts';
import { listen } from './listen.ts';
import { logTextRoute } from './log-text-route.ts';
import { photoRoute } from './photo-route.ts';
import { readiness } from './readiness.ts';
import { refuse } from './refuse.ts';
import { changesCsv, changesNdjson, qualityCsv } from './run-exports.ts';
import type { ServerParts } from './server-parts.ts';
import { signedIn } from './signed-in.ts';
import { sseRoute } from './sse-route.ts';
import { websocketRoute } from './websocket-route.ts';

export type RunningServer = {
  /** e.g. http://127.0.0.1:4000 */
  url: string;
  /** Ends streams and sockets, finishes the answers under way, and accepts nothing more. */
  close(): Promise<void>;
};

/** Serves HTTP, WebSocket and SSE. Port 0 picks a free one. Throws an AppError CANNOT_LISTEN. */
export async function startServer(parts: ServerParts, address: { host: string; port: number }): Promise<RunningServer> {
  const app = express();
  const httpServer = createServer();
  answerMalformed(httpServer);
  countBodiesHere(httpServer);
  const graphql = await graphqlRoute(parts, httpServer);
  const sse = sseRoute(parts);
  app.disable('x-powered-by');
  app.use(noSniffing);
  app.use(takeOver);
  // No route takes nested parameters.
  app.set('query parser', 'simple');
  app.put('/connections/:id/file', signedIn(parts), fileRoute(parts));
  app.use(bodyDeadline(httpServer));
  app.get('/healthz', (_request, response) => void response.json({ status: 'ok' }));
  app.get('/readyz', readiness(parts));
  app.get('/runs/:id/log.txt', logTextRoute(parts));
  app.get('/runs/:id/changes.csv', exportRoute(parts, changesCsv));
  app.get('/runs/:id/changes.ndjson', exportRoute(parts, changesNdjson));
  app.get('/runs/:id/quality.csv', exportRoute(parts, qualityCsv));
  app.get('/contacts/:id/photo', photoRoute(parts));
  app.get('/graphql/stream', signedIn(parts), sse.handler);
  app.post('/graphql/stream', signedIn(parts), jsonBody, sse.handler);
  app.post('/graphql', signedIn(parts), jsonBody, ...graphql.handlers);
  app.use((_request, response) => refuse(response, nothingThere(), parts));
  app.use(failure(parts));
  httpServer.on('request', directGraphql(parts, httpServer, app, graphql.answerDirectly));
  const websocket = websocketRoute(parts, httpServer);
  const url = await listen(httpServer, address);
  return {
    url,
    close: async () => {
      sse.stop();
      await Promise.all([websocket.stop(), graphql.stop()]);
      httpServer.closeAllConnections();
    },
  };
}

/** Browsers must not guess another content type than the one an answer names. */
const noSniffing: RequestHandler = (_request, response, next) => {
  response.setHeader('x-content-type-options', 'nosniff');
  next();
};

/** Goes on with a request that has failed on the direct way. */
const takeOver: RequestHandler = (_request, { locals }, next) => next(locals.failure);

/** Answers errors of routes, and bodies that can't be read. Express needs the four parameters to see that it is for errors. */
function failure(parts: ServerParts): ErrorRequestHandler {
  return (error: unknown, _request, response, _next) => {
    if (response.headersSent) return void response.destroy();
    // A path with a malformed escape, such as %ff.
    if (error instanceof URIError) return refuse(response, nothingThere(), parts);
    const status = error instanceof AppError ? null : statusOf(error);
    if (status === null) return refuse(response, error, parts);
    // The rest of a body that is too large is not read.
    if (status === 413) response.setHeader('connection', 'close');
    const message = status === 413 ? 'A request has at most 1 MB.' : 'The request body can not be read.';
    response.status(status).json({ errors: [{ message, extensions: { code: 'BAD_REQUEST' } }] });
  };
}

function nothingThere(): AppError {
  return new AppError('NOT_FOUND', 'There is nothing at this path.');
}

/** The status of an error from reading the body. Null: it is another error. */
function statusOf(error: unknown): number | null {
  return error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500
    ? error.status
    : null;
}
