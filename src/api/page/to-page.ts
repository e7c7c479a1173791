import type { Page } from '../../core/store.ts';
import type { PageInfo } from './page-info.type.ts';

/** A page as the schema has it. The total is counted only when it is asked for. */
export type ApiPage<T> = { nodes: T[]; pageInfo: PageInfo; totalCount: () => Promise<number> };

export const toPage = <S, T>(page: Page<S>, toNode: (item: S) => T): ApiPage<T> => ({
  nodes: page.nodes.map(toNode),
  pageInfo: { hasNextPage: page.hasNextPage, endCursor: page.endCursor },
  totalCount: page.totalCount,
});
