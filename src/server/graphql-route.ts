import type { Server } from 'node:http';
import { ApolloServer, type ApolloServerPlugin, HeaderMap } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import type { RequestHandler, Response } from 'express';
import type { GraphQLFormattedError } from 'graphql';
import { z } from 'zod';
import { type ApiContext, makeApiContext } from '../api/api-context.ts';
import { formatError } from '../api/error/format-error.ts';
import { AppError } from '../core/app-error.ts';
import { clientSignal } from './client-signal.ts';
import { retryAfterSeconds, statusOfAnswer } from './http-status.ts';
import { executeInTurn } from './run-operation.ts';
import type { ServerParts } from './server-parts.ts';
import { viewerOf } from './signed-in.ts';

/** How long answers that are under way may take when the server stops. */
const STOP_PATIENCE_MS = 10_000;

const BAD_REQUEST = 400;

const operationRequest = z.object({
  query: z.string().min(1),
  operationName: z.string().nullish(),
  variables: z.record(z.string(), z.unknown()).nullish(),
});

/**
 * POST /graphql: queries and mutations of those who are signed in. `stop` takes no more requests, and waits for those under
 * way.
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
    // Apollo is given what was prepared, so what it would check itself has been checked.
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
  return { handlers: [refusing(parts), expressMiddleware(apollo, { context })], stop: () => apollo.stop() };
}

/** Executes as the other transports do; Apollo keeps the reading of requests and the writing of answers. */
const inTurn = (parts: ServerParts): ApolloServerPlugin<ApiContext> => ({
  requestDidStart: async () => ({
    responseForOperation: async ({ document, operationName, request, contextValue }) => {
      const args = { schema: parts.schema, document, operationName, variableValues: request.variables, contextValue };
      const { data, errors } = await executeInTurn(args, parts).catch((error: unknown) => ({
        data: undefined,
        errors: [error],
      }));
      const formatted = errors?.map((error) => formatError(error, parts.faultLog));
      const singleResult = { ...(data === undefined ? {} : { data }), ...(formatted ? { errors: formatted } : {}) };
      const status = statusOfAnswer(formatted ?? []) ?? (data === undefined ? BAD_REQUEST : undefined);
      return { body: { kind: 'single', singleResult }, http: { status, headers: headersOf(formatted ?? []) } };
    },
  }),
});

function headersOf(errors: readonly GraphQLFormattedError[]): HeaderMap {
  const headers = new HeaderMap();
  const seconds = retryAfterSeconds(errors);
  if (seconds !== undefined) headers.set('retry-after', String(seconds));
  return headers;
}

/** Answers what is not to be executed. A body that is no request is left to Apollo, which says so. */
const refusing =
  (parts: ServerParts): RequestHandler =>
  (request, response, next) => {
    const read = operationRequest.safeParse(request.body);
    if (!read.success) return next();
    const prepared = parts.operations.prepare(read.data, contextOf(parts, response));
    if (prepared.kind === 'ready' && prepared.type !== 'subscription') return next();
    const refused = prepared.kind === 'ready' ? [elsewhere()] : prepared.errors;
    const errors = refused.map((error) => formatError(error, parts.faultLog));
    response.status(BAD_REQUEST).json({ errors });
  };

/** One for each request. */
function contextOf({ services }: ServerParts, response: Response): ApiContext {
  response.locals.context ??= makeApiContext(services, viewerOf(response), clientSignal(response));
  return response.locals.context;
}

const elsewhere = (): AppError =>
  new AppError('BAD_USER_INPUT', 'Subscriptions are streams: send them to /graphql/stream or over a WebSocket.');
