import type { Server } from 'node:http';
import { ApolloServer, type ApolloServerPlugin } from '@apollo/server';
import { ApolloServerPluginLandingPageDisabled } from '@apollo/server/plugin/disabled';
import { ApolloServerPluginDrainHttpServer } from '@apollo/server/plugin/drainHttpServer';
import { expressMiddleware } from '@as-integrations/express5';
import type { RequestHandler } from 'express';
import { GraphQLError } from 'graphql';
import { type ApiContext, makeApiContext } from '../api/api-context.ts';
import { formatError } from '../api/error/format-error.ts';
import { checkCost, MOST_TOKENS } from '../api/operation/check-cost.ts';
import { clientSignal } from './client-signal.ts';
import { httpStatus } from './http-status.ts';
import type { ServerParts } from './server-parts.ts';

/** How long answers that are under way may take when the server stops. */
const STOP_PATIENCE_MS = 10_000;

/** POST /graphql: queries and mutations. `stop` takes no more requests, and waits for those under way. */
export async function graphqlRoute(
  parts: ServerParts,
  httpServer: Server,
): Promise<{ handler: RequestHandler; stop(): Promise<void> }> {
  const apollo = new ApolloServer<ApiContext>({
    schema: parts.schema,
    introspection: true,
    includeStacktraceInErrorResponses: false,
    persistedQueries: false,
    stopOnTerminationSignals: false,
    parseOptions: { maxTokens: MOST_TOKENS },
    formatError: (_formatted, error) => formatError(error, parts.faultLog),
    logger: parts.logger,
    plugins: [
      ApolloServerPluginDrainHttpServer({ httpServer, stopGracePeriodMillis: STOP_PATIENCE_MS }),
      ApolloServerPluginLandingPageDisabled(),
      costLimit(parts),
    ],
  });
  await apollo.start();
  const handler = expressMiddleware(apollo, {
    context: ({ req, res }) => requestContext(parts, req.headers.authorization, clientSignal(res)),
  });
  return { handler, stop: () => apollo.stop() };
}

async function requestContext(
  { signIn, services }: ServerParts,
  authorization: string | undefined,
  signal: AbortSignal,
): Promise<ApiContext> {
  try {
    return makeApiContext(services, await signIn(authorization), signal);
  } catch (error) {
    throw new GraphQLError('Not signed in.', {
      originalError: error instanceof Error ? error : new Error(String(error)),
      extensions: { http: { status: httpStatus(error) } },
    });
  }
}

const costLimit = ({ schema }: ServerParts): ApolloServerPlugin<ApiContext> => ({
  requestDidStart: async () => ({
    didResolveOperation: async ({ document, operation, request }) => {
      const tooMuch = operation ? checkCost(schema, document, operation, request.variables ?? {}) : null;
      if (tooMuch !== null) throw new GraphQLError(tooMuch.message, { originalError: tooMuch });
    },
  }),
});
