import type { Server } from 'node:http';
import { ApolloServer } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import type { RequestHandler, Response } from 'express';
import { z } from 'zod';
import { type ApiContext, makeApiContext } from '../api/api-context.ts';
import { formatError } from '../api/error/format-error.ts';
import { AppError } from '../core/app-error.ts';
import { clientSignal } from './client-signal.ts';
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
    ],
  });
  await apollo.start();
  const context = async ({ res }: { res: Response }) => contextOf(parts, res);
  return { handlers: [refusing(parts), expressMiddleware(apollo, { context })], stop: () => apollo.stop() };
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
