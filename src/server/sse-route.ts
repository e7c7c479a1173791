import type { Request, RequestHandler, Response } from 'express';
import { z } from 'zod';
import { makeApiContext } from '../api/api-context.ts';
import type { OperationRequest } from '../api/operation/prepare-operation.ts';
import { errorFrame, type Frame } from '../api/stream/frame.ts';
import { AppError } from '../core/app-error.ts';
import { clientSignal } from './client-signal.ts';
import { checkNesting } from './json-body.ts';
import { refuse } from './refuse.ts';
import { type OperationOutcome, runOperation } from './run-operation.ts';
import type { ServerParts } from './server-parts.ts';
import { countStream, viewerOf, whenExpired } from './signed-in.ts';
import { write } from './write.ts';

/** Pings keep proxies between us and the client from closing a quiet stream. */
const PING_MS = 12_000;

const json = z
  .string()
  .transform((text, context): unknown => {
    try {
      checkNesting(Buffer.from(text));
      return JSON.parse(text);
    } catch {
      context.issues.push({ code: 'custom', message: 'is no JSON', input: text });
      return z.NEVER;
    }
  })
  .pipe(z.record(z.string(), z.unknown()).nullable());

const inQuery = z.object({ query: z.string(), operationName: z.string().optional(), variables: json.optional() });
const inBody = z.object({
  query: z.string(),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * GET and POST /graphql/stream: server-sent events by the protocol of graphql-sse, one connection for each operation. `stop` breaks
 * the streams off without a "complete", so that clients reconnect.
 */
export function sseRoute(parts: ServerParts): { handler: RequestHandler; stop(): void } {
  const open = new Set<Response>();
  const handler: RequestHandler = async (request, response) => {
    try {
      const signal = clientSignal(response);
      const viewer = viewerOf(response);
      countStream(parts.traffic, viewer, response);
      const outcome = await perform(request, parts, makeApiContext(parts.services, viewer, signal));
      if (response.destroyed) return void (outcome.kind === 'stream' && (await outcome.frames.return?.()));
      open.add(response);
      response.once('close', () => open.delete(response));
      await sendEvents(response, outcome, viewer.expiresAt, parts);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else refuse(response, error, parts);
    }
  };
  return {
    handler,
    stop: () => {
      for (const response of open) response.destroy();
    },
  };
}

async function perform(
  request: Request,
  parts: ServerParts,
  context: ReturnType<typeof makeApiContext>,
): Promise<OperationOutcome> {
  const prepared = parts.operations.prepare(operationRequest(request), context);
  if (prepared.kind === 'refused') return { kind: 'one', frame: errorFrame(prepared.errors, parts.faultLog) };
  if (prepared.type === 'mutation' && request.method === 'GET') {
    throw new AppError('BAD_USER_INPUT', 'Mutations are sent by POST.');
  }
  return runOperation(prepared, parts);
}

function operationRequest(request: Request): OperationRequest {
  const read = request.method === 'GET' ? inQuery.safeParse(request.query) : inBody.safeParse(request.body);
  if (read.success) return read.data;
  const where = request.method === 'GET' ? "the URL's parameters" : 'a JSON body';
  throw new AppError(
    'BAD_USER_INPUT',
    `Give \`query\`, and \`variables\` and \`operationName\` as needed, in ${where}.`,
  );
}

async function sendEvents(response: Response, outcome: OperationOutcome, expiresAt: Date, parts: ServerParts) {
  response.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-cache, no-transform',
    'x-accel-buffering': 'no',
    connection: 'keep-alive',
  });
  // For some clients the stream begins only with the first bytes of the body.
  await write(response, ':\n\n');
  if (outcome.kind === 'one') await writeEvent(response, outcome.frame);
  else await sendStream(response, outcome.frames, expiresAt, parts);
  response.end('event: complete\ndata:\n\n');
}

async function sendStream(
  response: Response,
  frames: AsyncIterableIterator<Frame>,
  expiresAt: Date,
  { faultLog }: ServerParts,
): Promise<void> {
  let expired = false;
  const leave = () => void frames.return?.();
  const forgetExpiry = whenExpired(expiresAt, () => {
    expired = true;
    leave();
  });
  let sending = false;
  const pinging = setInterval(() => {
    // A ping in the middle of an event would break it.
    if (!sending) void write(response, ':\n\n');
  }, PING_MS);
  response.once('close', leave);
  try {
    for await (const frame of frames) {
      sending = true;
      await writeEvent(response, frame);
      sending = false;
    }
    if (expired) {
      const refusal = new AppError('UNAUTHENTICATED', 'The access token has expired.');
      await writeEvent(response, errorFrame([refusal], faultLog));
    }
  } finally {
    forgetExpiry();
    clearInterval(pinging);
  }
}

const BEFORE_JSON = Buffer.from('event: next\ndata: ');
const AFTER_JSON = Buffer.from('\n\n');

/** All viewers share the bytes of the frame's JSON, so they are not copied into a longer text. */
async function writeEvent(response: Response, { json }: Frame): Promise<void> {
  await write(response, BEFORE_JSON);
  await write(response, json);
  await write(response, AFTER_JSON);
}
