import type { Response } from 'express';
import { formatError } from '../api/error/format-error.ts';
import { httpStatus } from './http-status.ts';
import type { ServerParts } from './server-parts.ts';

/** Ends a request that is refused as a whole, told as GraphQL tells errors. */
export function refuse(response: Response, error: unknown, { faultLog }: Pick<ServerParts, 'faultLog'>): void {
  const { message, extensions } = formatError(error, faultLog);
  response.status(httpStatus(error)).json({ errors: [{ message, extensions }] });
}
