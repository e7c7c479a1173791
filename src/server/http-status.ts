import { AppError } from '../core/app-error.ts';

const statuses: Record<string, number> = {
  UNAUTHENTICATED: 401,
  FORBIDDEN: 403,
  NOT_FOUND: 404,
  BAD_USER_INPUT: 400,
  BAD_REQUEST: 400,
  SIGN_IN_UNAVAILABLE: 503,
};

/** The HTTP status of a request that is refused as a whole. */
export const httpStatus = (error: unknown): number => (error instanceof AppError ? (statuses[error.code] ?? 500) : 500);
