import type { Server } from 'node:http';
import type { RequestHandler } from 'express';

/** By when all of a request has come. Node would count it for uploads, too, which may take as long as they bring something. */
const longestBodyMs = 300_000;

/** Takes the deadline of requests over from Node: those that pass `bodyDeadline` have it, others none. */
export function countBodiesHere(httpServer: Server): void {
  httpServer.requestTimeout = 0;
}

/** Answers 408 as Node does, and breaks off, where the body has not come to its end in time. */
export function bodyDeadline(httpServer: Server, ms = longestBodyMs): RequestHandler {
  return (request, _response, next) => {
    const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
    if (encoding === undefined && (length === undefined || length === '0')) return next();
    const timer = setTimeout(() => {
      if (request.complete) return;
      const late = Object.assign(new Error('The request did not come in time.'), { code: 'ERR_HTTP_REQUEST_TIMEOUT' });
      httpServer.emit('clientError', late, request.socket);
    }, ms);
    request.once('close', () => clearTimeout(timer));
    next();
  };
}
