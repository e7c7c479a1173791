import { AppError } from '../../core/app-error.ts';
import type { PageRequest } from '../../core/store.ts';

/** How many items a page may have. */
const LARGEST_PAGE = 200;

/** A page as asked for: null and left out are the default. AppError BAD_USER_INPUT when `first` is out of range. */
export const pageRequest = (
  first: number | null | undefined,
  after: string | null | undefined,
  defaultFirst: number,
): PageRequest => ({ first: firstOf(first, defaultFirst, LARGEST_PAGE), after: after ?? null });

export function firstOf(first: number | null | undefined, defaultFirst: number, largest: number): number {
  const wanted = first ?? defaultFirst;
  if (wanted < 1 || wanted > largest) throw new AppError('BAD_USER_INPUT', `\`first\` takes 1 to ${largest}.`);
  return wanted;
}
