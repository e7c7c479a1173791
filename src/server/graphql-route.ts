import type { Server } from 'node:http';
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import type { Request, RequestHandler, Response } from 'express';
import type { FormattedExecutionResult } from 'graphql';
import { z } from 'zod';
import { type ApiContext, makeApiContext } from '../api/api-context.ts';
import { formatError } from '../api/error/format-error.ts';
import { AppError } from '../core/app-error.ts';
import { clientSignal } from './client-signal.ts';
import { retryAfterSeconds, statusOfAnswer } from './refuse.ts';
import { executeInTurn } from './run-operation.ts';
import type { ServerParts } from './server-parts.ts';
import { viewerOf } from './signed-in.ts';

/** How long unfinished answers may take when the server stops. */
const STOP_PATIENCE_MS = 10_000;

const OK = 200;
const BAD_REQUEST = 400;

const operationRequest = z.object({
  query: z.string().min(1),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * POST /graphql: queries and mutations of people who are signed in. `stop` accepts no more requests, and waits for unfinished ones.
 */
export async function graphqlRoute(
  parts: ServerParts,
  httpServer: Server,
): Promise<{ handlers: RequestHandler[]; stop(): Promise<void> }> {
  const apollo = new ApolloServer<ApiContext>({
    schema: parts.schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    // The prepared operation that Apollo gets is validated already.
    dangerouslyDisableValidation: true,
    documentStore: {
      get: async (key) => parts.operations.known(key.slice(key.lastIndexOf(':') + 1)),
      set: async () => undefined,
      delete: async () => undefined,
    },
    formatError: (_formatted, error) => formatError(error, parts.faultLog),
    logger: parts.logger,
    plugins: [
      ApolloServerPluginDrainHttpServer({ httpServer, stopGracePeriodMillis: STOP_PATIENCE_MS }),
      ApolloServerPluginLandingPageDisabled(),
      inTurn(parts),
    ],
  });
  await apollo.start();
  const context = async ({ res }: { res: Response }) => contextOf(parts, res);
  return { handlers: [answering(parts), expressMiddleware(apollo, { context })], stop: () => apollo.stop() };
}

/** Executes operations as the other transports do. Apollo only reads requests and writes answers. */
function inTurn(parts: ServerParts): ApolloServerPlugin<ApiContext> {
  return {
    requestDidStart: async () => ({
      responseForOperation: async ({ document, operationName, request, contextValue }) => {
        const args = { schema: parts.schema, document, operationName, variableValues: request.variables, contextValue };
        const { result: singleResult, status, headers } = await answerOf(args, parts);
        return { body: { kind: 'single', singleResult }, http: { status, headers: new HeaderMap(headers) } };
      },
    }),
  };
}

type Answer = { result: FormattedExecutionResult; status: number | undefined; headers: [string, string][] };

/** Executes an operation and makes its answer, also when it got no turn. `status` undefined: the usual one. */
async function answerOf(args: Parameters<typeof executeInTurn>[0], parts: ServerParts): Promise<Answer> {
  const { data, errors } = await executeInTurn(args, parts).catch((error: unknown) => ({
    data: undefined,
    errors: [error],
  }));
  const formatted = errors?.map((error) => formatError(error, parts.faultLog));
  const seconds = retryAfterSeconds(formatted ?? []);
  return {
    result: { ...(formatted ? { errors: formatted } : {}), ...(data === undefined ? {} : { data }) },
    status: statusOfAnswer(formatted ?? []) ?? (data === undefined ? BAD_REQUEST : undefined),
    headers: seconds === undefined ? [] : [['retry-after', String(seconds)]],
  };
}

/**
 * Answers operations that are refused, and requests for plain JSON, which are nearly all. Apollo answers the rest: other media types,
 * and bodies that are no request.
 */
function answering(parts: ServerParts): RequestHandler {
  return async (request, response, next) => {
    const read = operationRequest.safeParse(request.body);
    if (!read.success) return next();
    const prepared = parts.operations.prepare(read.data, contextOf(parts, response));
    if (prepared.kind === 'ready' && prepared.type !== 'subscription') {
      if (!wantsPlainJson(request)) return next();
      const { result, status = OK, headers } = await answerOf(prepared.args, parts);
      return send(response, status, result, headers);
    }
    const refused = prepared.kind === 'ready' ? [elsewhere()] : prepared.errors;
    send(response, BAD_REQUEST, { errors: refused.map((error) => formatError(error, parts.faultLog)) });
  };
}

/** A client that names other media types may want one of them. */
function wantsPlainJson({ headers: { accept = '*/*' } }: Request): boolean {
  return accept === '*/*' || accept === 'application/json';
}

function send(
  response: Response,
  status: number,
  result: FormattedExecutionResult,
  headers: [string, string][] = [],
): void {
  const body = Buffer.from(JSON.stringify(result));
  for (const [name, value] of headers) response.setHeader(name, value);
  response.writeHead(status, {
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': body.length,
  });
  response.end(body);
}

/** One for each request. */
function contextOf({ services }: ServerParts, response: Response): ApiContext {
  response.locals.context ??= makeApiContext(services, viewerOf(response), clientSignal(response));
  return response.locals.context;
}

function elsewhere(): AppError {
  return new AppError('BAD_USER_INPUT', 'Subscriptions are streams: send them to /graphql/stream or over a WebSocket.');
}
