import type { Server, ServerResponse } from 'node:http';
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import type { RequestHandler, Response } from 'express';
import type { FormattedExecutionResult } from 'graphql';
import { type ApiContext, makeApiContext } from '../api/api-context.ts';
import { formatError } from '../api/error/format-error.ts';
import type { OperationRequest, PreparedOperation } from '../api/operation/prepare-operation.ts';
import type { Viewer } from '../core/access.ts';
import { AppError } from '../core/app-error.ts';
import { clientSignal } from './client-signal.ts';
import { type AnswerDirectly, takesJson } from './direct-graphql.ts';
import { retryAfterSeconds, statusOfAnswer } from './refuse.ts';
import { executeInTurn } from './run-operation.ts';
import type { ServerParts } from './server-parts.ts';
import { viewerOf } from './signed-in.ts';

/** How long unfinished answers may take when the server stops. */
const STOP_PATIENCE_MS = 10_000;

const OK = 200;
const BAD_REQUEST = 400;

/**
 * POST /graphql: queries and mutations of people who are signed in. `stop` accepts no more requests, and waits for unfinished ones.
 */
export async function graphqlRoute(
  parts: ServerParts,
  httpServer: Server,
): Promise<{ handlers: RequestHandler[]; answerDirectly: AnswerDirectly; stop(): Promise<void> }> {
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
  const context = async ({ res }: { res: Response }) => contextIn(parts, res);
  return {
    handlers: [refusing(parts), expressMiddleware(apollo, { context })],
    answerDirectly: (body, viewer, response) => answer(parts, body, viewer, response),
    stop: () => apollo.stop(),
  };
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

/** Executes an operation and makes its answer, even if it got no turn. `status` undefined: the usual one. */
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

/** Answers a request whose client takes JSON. False: the body is no request. */
async function answer(parts: ServerParts, body: unknown, viewer: Viewer, response: ServerResponse): Promise<boolean> {
  const request = readRequest(body);
  if (request === null) return false;
  const prepared = parts.operations.prepare(request, contextOf(parts, viewer, response));
  if (prepared.kind === 'ready' && prepared.type !== 'subscription') {
    const { result, status = OK, headers } = await answerOf(prepared.args, parts);
    send(response, status, result, headers);
  } else sendRefusal(parts, prepared, response);
  return true;
}

/**
 * Answers operations that are refused. Apollo answers the rest of what Express gets: other media types, and bodies that
 * are no operation.
 */
function refusing(parts: ServerParts): RequestHandler {
  return async (request, response, next) => {
    const read = readRequest(request.body);
    if (read === null) return next();
    if (takesJson(request)) return void (await answer(parts, request.body, viewerOf(response), response));
    const prepared = parts.operations.prepare(read, contextIn(parts, response));
    if (prepared.kind === 'ready' && prepared.type !== 'subscription') return next();
    sendRefusal(parts, prepared, response);
  };
}

function sendRefusal({ faultLog }: ServerParts, prepared: PreparedOperation, response: ServerResponse): void {
  const errors = prepared.kind === 'ready' ? [elsewhere()] : prepared.errors;
  send(response, BAD_REQUEST, { errors: errors.map((error) => formatError(error, faultLog)) });
}

/** The operation that a body asks for. Null: it is no request. */
function readRequest(body: unknown): OperationRequest | null {
  if (!isObject(body)) return null;
  const { query, operationName = null, variables = null } = body;
  if (typeof query !== 'string' || query === '') return null;
  if (operationName !== null && typeof operationName !== 'string') return null;
  return variables === null || isObject(variables) ? { query, operationName, variables } : null;
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function send(
  response: ServerResponse,
  status: number,
  result: FormattedExecutionResult,
  headers: [string, string][] = [],
): void {
  // Node sends a text together with the headers.
  const body = JSON.stringify(result);
  for (const [name, value] of headers) response.setHeader(name, value);
  response.writeHead(status, {
    'x-content-type-options': 'nosniff',
    'content-type': 'application/json; charset=utf-8',
    'cache-control': 'no-store',
    'content-length': Buffer.byteLength(body),
  });
  response.end(body);
}

function contextOf({ services }: ServerParts, viewer: Viewer, response: ServerResponse): ApiContext {
  return makeApiContext(services, viewer, clientSignal(response));
}

/** One for each request. */
function contextIn(parts: ServerParts, response: Response): ApiContext {
  response.locals.context ??= contextOf(parts, viewerOf(response), response);
  return response.locals.context;
}

function elsewhere(): AppError {
  return new AppError('BAD_USER_INPUT', 'Subscriptions are streams: send them to /graphql/stream or over a WebSocket.');
}
