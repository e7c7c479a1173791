import { AppError } from '../../core/app-error.ts';

/** What the embedded Postgres fails with: told in our words, with the way out that always exists. */
export function embeddedFailure(message: string, options: { hint?: string; cause?: unknown } = {}): AppError {
  return new AppError('DATABASE_UNAVAILABLE', message, {
    hint:
      options.hint ?? 'Set DATABASE_URL to a Postgres server of your own (15 or newer) to do without the embedded one.',
    cause: options.cause,
  });
}
