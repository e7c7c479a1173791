import { AppError } from '../../core/app-error.ts';

/** Too much at once by one client; `retryAfterSeconds` is among the error's extensions. */
export const rateLimited = (retryAfterSeconds: number, message = 'Too much is asked for at once.'): AppError =>
  new AppError('RATE_LIMITED', message, {
    hint: 'Wait for some of your requests to be answered before you send more.',
    details: { retryAfterSeconds },
  });
