import type { ServerResponse } from 'node:http';
import { AppError } from '../core/app-error.ts';

/** The error for a client that has left. Nobody reads it. */
export function clientLeft(): AppError {
  return new AppError('CLIENT_LEFT', 'The client left before it had its answer.');
}

/** Aborts when the client leaves before it has its whole answer. */
export function clientSignal(response: ServerResponse): AbortSignal {
  const controller = new AbortController();
  const closed = () => {
    if (!response.writableFinished) controller.abort(clientLeft());
  };
  if (response.destroyed) closed();
  else response.once('close', closed);
  return controller.signal;
}
