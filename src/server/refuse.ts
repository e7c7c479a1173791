import type { Response } from 'express';
import type { GraphQLFormattedError } from 'graphql';
import { formatError } from '../api/error/format-error.ts';
import type { ServerParts } from './server-parts.ts';

/** Refuses a whole request. The answer has the form of GraphQL errors. */
export function refuse(response: Response, error: unknown, { faultLog }: Pick<ServerParts, 'faultLog'>): void {
  const { message, extensions } = formatError(error, faultLog);
  const seconds = retryAfterSeconds([{ extensions }]);
  if (seconds !== undefined) response.setHeader('retry-after', String(seconds));
  response.status(httpStatus({ extensions })).json({ errors: [{ message, extensions }] });
}

const statuses: Record<string, number> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  BAD_USER_INPUT: 400,
  BAD_REQUEST: 400,
  FILE_TOO_LARGE: 413,
  UPLOAD_TOO_SLOW: 408,
  RATE_LIMITED: 429,
  SIGN_IN_UNAVAILABLE: 503,
  UNAVAILABLE: 503,
  TIMEOUT: 504,
};

/** Codes for which the service is at fault, not the request. They set the status even if other fields were answered. */
const passing = ['RATE_LIMITED', 'UNAVAILABLE', 'TIMEOUT'];

type Told = Pick<GraphQLFormattedError, 'extensions'>;

/** The HTTP status of a request that is refused as a whole. */
export function httpStatus({ extensions }: Told): number {
  return statuses[String(extensions?.code)] ?? 500;
}

/** The status of an answer with errors. Null: the errors belong to single fields, and the request counts as answered. */
export function statusOfAnswer(errors: readonly Told[]): number | null {
  const found = errors.find(({ extensions }) => passing.includes(String(extensions?.code)));
  return found === undefined ? null : httpStatus(found);
}

/** After how many seconds to try again, if an error says so. */
export function retryAfterSeconds(errors: readonly Told[]): number | undefined {
  return errors.map(({ extensions }) => extensions?.retryAfterSeconds).find((seconds) => typeof seconds === 'number');
}
