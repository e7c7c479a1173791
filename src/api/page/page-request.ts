import { checkFirst, type PageLimits, pageOf } from '../../core/page-limits.ts';
import type { PageRequest } from '../../core/store.ts';

/** What is said of a page's argument `first`. */
export const howMany = ({ largest }: PageLimits): string => `How many, 1 to ${largest}.`;

/** A page as asked for: null and left out are the default. AppError BAD_USER_INPUT when `first` is out of range. */
export const pageRequest = (
  first: number | null | undefined,
  after: string | null | undefined,
  limits: PageLimits = pageOf,
): PageRequest => ({ first: firstOf(first, limits), after: after ?? null });

export function firstOf(first: number | null | undefined, limits: PageLimits): number {
  const wanted = first ?? limits.usual;
  checkFirst(wanted, limits);
  return wanted;
}
