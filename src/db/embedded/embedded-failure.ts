import { AppError } from '../../core/app-error.ts';

/** An error of the embedded Postgres. The default hint is a solution that always exists: a Postgres of your own. */
export function embeddedFailure(message: string, options: { hint?: string; cause?: unknown } = {}): AppError {
  return new AppError('DATABASE_UNAVAILABLE', message, {
    hint:
      options.hint ?? 'Set DATABASE_URL to a Postgres server of your own (15 or newer) to do without the embedded one.',
    cause: options.cause,
  });
}
