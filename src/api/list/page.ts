import { Field, ObjectType } from 'type-graphql';
import { checkFirst, type PageLimits, pageOf } from '../../core/page-limits.ts';
import type { Page, PageRequest } from '../../core/store.ts';

@ObjectType('PageInfo', { description: 'Where a page ends and whether there is more.', simpleResolvers: true })
export class PageInfo {
  @Field(() => Boolean, { description: 'Whether there are more after this page.' })
  hasNextPage!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'Pass it as `after` to get the next page; null when this page is empty.',
  })
  endCursor!: string | null;
}

/** The description of a page's argument `first`. */
export function howMany({ largest }: PageLimits): string {
  return `The number of items on a page, 1 to ${largest}.`;
}

/**
 * Reads a page's arguments; null or left out means the default. Throws AppError BAD_USER_INPUT when `first` is out of
 * range.
 */
export function pageRequest(
  first: number | null | undefined,
  after: string | null | undefined,
  limits: PageLimits = pageOf,
): PageRequest {
  return { first: firstOf(first, limits), after: after ?? null };
}

export function firstOf(first: number | null | undefined, limits: PageLimits): number {
  const wanted = first ?? limits.usual;
  checkFirst(wanted, limits);
  return wanted;
}

/** A page as the schema shows it. The total is counted only when the client selects it. */
export type ApiPage<T> = { nodes: T[]; pageInfo: PageInfo; totalCount: () => Promise<number> };

export function toPage<S, T>(page: Page<S>, toNode: (item: S) => T): ApiPage<T> {
  return {
    nodes: page.nodes.map(toNode),
    pageInfo: { hasNextPage: page.hasNextPage, endCursor: page.endCursor },
    totalCount: page.totalCount,
  };
}
