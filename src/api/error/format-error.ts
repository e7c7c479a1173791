import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { AppError } from '../../core/app-error.ts';
import { databaseTrouble } from '../../core/database-trouble.ts';

/**
 * Logs a fault for the operator, under the reference that the client got. The reference is null when the database can't
 * be reached, which is no fault of ours.
 */
export type FaultLog = (reference: string | null, cause: unknown) => void;

/** For clients that are answered UNAVAILABLE. */
const RETRY_AFTER_SECONDS = 2;

/**
 * Formats an error for a client, the same on HTTP, WebSocket and SSE. An AppError shows its code, message, hint and
 * details. A refusal by GraphQL keeps its message. Any other error is our fault: the client gets a reference, and `log`
 * gets the cause.
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

/** Turns trouble with the database into an AppError for the client; returns any other error unchanged. */
function known(cause: unknown, log: FaultLog): unknown {
  const trouble = databaseTrouble(cause);
  if (trouble === null) return cause;
  if (trouble === 'stopped') return new AppError('TIMEOUT', 'This took too long and was stopped.');
  log(null, cause);
  return new AppError('UNAVAILABLE', "The service can't answer now, because its database can't be reached.", {
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

/** A refusal by GraphQL, before or while it reads arguments; null for any other error. */
function refusal(error: unknown, cause: unknown): { message: string; extensions: { code: string } } | null {
  if (!(error instanceof GraphQLError) || !(cause instanceof GraphQLError)) return null;
  const { message, extensions, path } = error;
  if (typeof extensions.code === 'string') return { message, extensions: { code: extensions.code } };
  // GraphQL also raises an error for a value that can't be serialized, but that one names no place in the document.
  const isInput = path === undefined || cause.nodes !== undefined;
  return isInput ? { message, extensions: { code: 'BAD_USER_INPUT' } } : null;
}
