import { AppError } from '../../core/app-error.ts';

/**
 * For mutations and subscriptions; queries answer null. An id of another workspace, or a malformed one, is unknown,
 * too.
 */
export function notFound(what: 'connection' | 'contact' | 'change' | 'run' | 'photo'): AppError {
  return new AppError('NOT_FOUND', `There is no such ${what}.`);
}

export function found<T>(item: T | null | undefined, what: 'connection' | 'contact' | 'change' | 'run' | 'photo'): T {
  if (item === null || item === undefined) throw notFound(what);
  return item;
}
