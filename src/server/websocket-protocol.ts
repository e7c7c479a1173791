import { type ExecutionArgs, GraphQLError } from 'graphql';
import { CloseCode, type FormattedExecutionResult, makeServer, type Server, type SubscribePayload } from 'graphql-ws';
import type { WebSocket } from 'ws';
import { makeApiContext } from '../api/api-context.ts';
import { formatError } from '../api/error/format-error.ts';
import type { PreparedOperation } from '../api/operation/prepare-operation.ts';
import type { Frame } from '../api/stream/frame.ts';
import { rateLimited } from '../api/traffic/traffic-limits.ts';
import type { Viewer } from '../core/access.ts';
import { AppError } from '../core/app-error.ts';
import { clientLeft } from './client-signal.ts';
import { httpStatus } from './refuse.ts';
import { runOperation } from './run-operation.ts';
import type { ServerParts } from './server-parts.ts';
import { whenExpired } from './signed-in.ts';

/** What is known about one socket: its viewer, its operations, and the JSON of the frame that is sent next. */
export type SocketExtra = {
  socket: WebSocket;
  viewer: Viewer | null;
  stopWaiting(): void;
  /** Called once when it has closed. */
  uncount(): void;
  outgoing: Buffer | null;
  underWay: Set<UnderWay>;
};

/** An operation of a client. `left` aborts when `isWanted` has become false. */
type UnderWay = { isWanted(): boolean; left: AbortController };

export type WebsocketProtocol = Server<SocketExtra>;

/** Stands for a frame's JSON until the message is sent, so that the JSON is not serialized again for each viewer. */
export const PLACEHOLDER = '@';

/** A close code from the registry of RFC 6455. Clients reconnect by themselves. */
const TRY_AGAIN_LATER = 1013;

/** Too much at once. The protocol's clients do not reconnect by themselves. */
const TOO_MANY = 4429;

/**
 * graphql-transport-ws, with the token in `connection_init`. Sockets close with 4403 when the token is refused or expires, with 1013
 * while it can't be verified or the database can't be reached, and with 4429 when the token has too many sockets or the socket too
 * many operations.
 */
export function websocketProtocol(parts: ServerParts): WebsocketProtocol {
  const prepared = new WeakMap<ExecutionArgs, Extract<PreparedOperation, { kind: 'ready' }>>();
  const run = async (args: ExecutionArgs) => {
    const operation = prepared.get(args);
    if (operation === undefined) throw new Error('An operation was executed that nobody prepared.');
    const outcome = await runOperation(operation, parts);
    return outcome.kind === 'one' ? outcome.frame : outcome.frames;
  };
  return makeServer<Record<string, unknown>, SocketExtra>({
    connectionInitWaitTimeout: 10_000,
    onConnect: ({ connectionParams, extra }) => admit(parts, connectionParams?.authorization, extra),
    onSubscribe: (context, id, payload) => {
      const { extra, subscriptions } = context;
      if (extra.viewer === null) return [located(new AppError('UNAUTHENTICATED', 'Not signed in.'))];
      const { streamsPerSocket } = parts.traffic.limits;
      if (Object.keys(subscriptions).length > streamsPerSocket) {
        const reason = `A socket takes ${streamsPerSocket} operations at a time.`;
        closeFull(extra.socket, reason);
        return [located(rateLimited(parts.traffic.limits.retryAfterSeconds, reason))];
      }
      const signal = track(extra, () => id in context.subscriptions);
      const operation = parts.operations.prepare(
        requestOf(payload),
        makeApiContext(parts.services, extra.viewer, signal),
      );
      if (operation.kind === 'refused') return operation.errors.map(located);
      prepared.set(operation.args, operation);
      return operation.args;
    },
    execute: run,
    subscribe: run,
    onNext: ({ extra }, _id, _payload, _args, result) => placeholder(extra, result),
    onError: (_context, _id, _payload, errors) => errors.map((error) => formatError(error, parts.faultLog)),
  });
}

/** Registers an operation. The signal aborts when the client no longer wants it. */
function track({ underWay }: SocketExtra, isWanted: () => boolean): AbortSignal {
  const left = new AbortController();
  underWay.add({ isWanted, left });
  return left.signal;
}

/**
 * Aborts the operations that nobody wants any more, because the client has completed them or the socket is closed. The library does
 * this only for streams, and lets queries and mutations run to their end.
 */
export function endUnwanted({ underWay }: SocketExtra): void {
  for (const operation of underWay) {
    if (operation.isWanted()) continue;
    underWay.delete(operation);
    operation.left.abort(clientLeft());
  }
}

function closeFull(socket: WebSocket, reason: string): void {
  socket.close(TOO_MANY, `RATE_LIMITED: ${reason}`);
}

async function admit(
  { signIn, faultLog, traffic }: ServerParts,
  authorization: unknown,
  extra: SocketExtra,
): Promise<boolean> {
  try {
    const viewer = await signIn(typeof authorization === 'string' ? authorization : undefined);
    const uncount = traffic.sockets.add(viewer.tokenId);
    if (uncount === null) {
      closeFull(extra.socket, `An access token has ${traffic.limits.socketsPerToken} sockets at a time.`);
      return false;
    }
    extra.viewer = viewer;
    extra.uncount = uncount;
    extra.stopWaiting = whenExpired(viewer.expiresAt, () => {
      extra.socket.close(CloseCode.Forbidden, 'UNAUTHENTICATED: The access token has expired.');
    });
    if (extra.socket.readyState !== extra.socket.OPEN) {
      extra.stopWaiting();
      uncount();
    }
    return true;
  } catch (error) {
    const { message, extensions } = formatError(error, faultLog);
    const code = httpStatus({ extensions }) >= 500 ? TRY_AGAIN_LATER : CloseCode.Forbidden;
    extra.socket.close(code, `${extensions?.code}: ${message}`.slice(0, 120));
    // The socket is closed already, with the reason.
    return false;
  }
}

function requestOf({ query, operationName, variables }: SubscribePayload) {
  return { query, operationName, variables };
}

/** Wraps an error in a GraphQLError, which this protocol requires. `formatError` unwraps it. */
function located(error: unknown): GraphQLError {
  if (error instanceof GraphQLError) return error;
  const cause = error instanceof Error ? error : new Error(String(error));
  return new GraphQLError(cause.message, { originalError: cause });
}

/** A result that serializes to the placeholder, and at that moment sets the frame's JSON aside for the message that follows. */
function placeholder(extra: SocketExtra, result: object | Frame): FormattedExecutionResult {
  if (!('json' in result)) throw new Error('A result was to be sent that is no frame.');
  const { json } = result;
  const standIn = {
    toJSON: () => {
      extra.outgoing = json;
      return PLACEHOLDER;
    },
  };
  return standIn as FormattedExecutionResult;
}
