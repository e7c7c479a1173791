import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { AppError } from '../../core/app-error.ts';
import { databaseTrouble } from '../../core/database-trouble.ts';

/**
 * Where the operator is told of faults of ours, under the reference that the client was given. Null: it is no fault of ours, the
 * database can't be had.
 */
export type FaultLog = (reference: string | null, cause: unknown) => void;

/** Of a client that is told UNAVAILABLE. */
const RETRY_AFTER_SECONDS = 2;

/**
 * What a client is told of an error, on HTTP, WebSocket and SSE alike: an AppError's code, message, hint and details; a
 * request that GraphQL itself refuses, as it says; everything else is ours: a reference, under which `log` has the cause.
 */
export function formatError(error: unknown, log: FaultLog): GraphQLFormattedError {
  const cause = known(causeOf(error), log);
  const place = error instanceof GraphQLError ? placeOf(error) : {};
  if (cause instanceof AppError) {
    const hint = cause.hint === null ? {} : { hint: cause.hint };
    return { message: cause.message, ...place, extensions: { ...cause.details, ...hint, code: cause.code } };
  }
  const refused = refusal(error, cause);
  if (refused !== null) return { ...refused, ...place };
  const reference = randomUUID();
  log(reference, cause);
  return {
    message: `Something went wrong here. Reference: ${reference}`,
    ...place,
    extensions: { code: 'INTERNAL_SERVER_ERROR', reference },
  };
}

/** The database's trouble as a client is told of it; anything else as it is. */
function known(cause: unknown, log: FaultLog): unknown {
  const trouble = databaseTrouble(cause);
  if (trouble === null) return cause;
  if (trouble === 'stopped') return new AppError('TIMEOUT', 'This took too long, and was stopped.');
  log(null, cause);
  return new AppError('UNAVAILABLE', "The service can't answer now: its database can't be reached.", {
    hint: 'Try again in a moment.',
    details: { retryAfterSeconds: RETRY_AFTER_SECONDS },
  });
}

function placeOf({ locations, path }: GraphQLError): { locations?: typeof locations; path?: typeof path } {
  return {
    ...(locations === undefined ? {} : { locations }),
    ...(path === undefined ? {} : { path }),
  };
}

function causeOf(error: unknown): unknown {
  return error instanceof GraphQLError && error.originalError !== undefined ? causeOf(error.originalError) : error;
}

/** A request that GraphQL refuses before or while it reads its arguments; null: nothing of the kind. */
function refusal(error: unknown, cause: unknown): { message: string; extensions: { code: string } } | null {
  if (!(error instanceof GraphQLError) || !(cause instanceof GraphQLError)) return null;
  const { message, extensions, path } = error;
  if (typeof extensions.code === 'string') return { message, extensions: { code: extensions.code } };
  // A value that can't be sent is an error of GraphQL's too, but names no place in the document.
  const isInput = path === undefined || cause.nodes !== undefined;
  return isInput ? { message, extensions: { code: 'BAD_USER_INPUT' } } : null;
}
