import type { Response } from 'express';
import { formatError } from '../api/error/format-error.ts';
import { httpStatus, retryAfterSeconds } from './http-status.ts';
import type { ServerParts } from './server-parts.ts';

/** Ends a request that is refused as a whole, told as GraphQL tells errors. */
export function refuse(response: Response, error: unknown, { faultLog }: Pick<ServerParts, 'faultLog'>): void {
  const { message, extensions } = formatError(error, faultLog);
  const seconds = retryAfterSeconds([{ extensions }]);
  if (seconds !== undefined) response.setHeader('retry-after', String(seconds));
  response.status(httpStatus({ extensions })).json({ errors: [{ message, extensions }] });
}
