import { randomUUID } from 'node:crypto';
import { GraphQLError, type GraphQLFormattedError } from 'graphql';
import { AppError } from '../../core/app-error.ts';

/** Where faults of ours are told to the operator, under the reference that the client was given. */
export type FaultLog = (reference: string, cause: unknown) => void;

/**
 * What a client is told of an error, on HTTP, WebSocket and SSE alike: an AppError's code, message, hint and details; a
 * request that GraphQL itself refuses, as it says; everything else is ours: a reference, under which `log` has the cause.
 */
export function formatError(error: unknown, log: FaultLog): GraphQLFormattedError {
  const cause = causeOf(error);
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

const placeOf = ({ locations, path }: GraphQLError): { locations?: typeof locations; path?: typeof path } => ({
  ...(locations === undefined ? {} : { locations }),
  ...(path === undefined ? {} : { path }),
});

const causeOf = (error: unknown): unknown =>
  error instanceof GraphQLError && error.originalError !== undefined ? causeOf(error.originalError) : error;

/** A request that GraphQL refuses before or while it reads its arguments; null: nothing of the kind. */
function refusal(error: unknown, cause: unknown): { message: string; extensions: { code: string } } | null {
  if (!(error instanceof GraphQLError) || !(cause instanceof GraphQLError)) return null;
  const { message, extensions, path } = error;
  if (typeof extensions.code === 'string') return { message, extensions: { code: extensions.code } };
  // A value that can't be sent is an error of GraphQL's too, but names no place in the document.
  const isInput = path === undefined || cause.nodes !== undefined;
  return isInput ? { message, extensions: { code: 'BAD_USER_INPUT' } } : null;
}
