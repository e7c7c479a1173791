import type { Page } from '../../core/store.ts';
import { encodeCursor, type ListIdentity, type Position } from './cursor.ts';

/** Makes a page from rows. The query must have asked for one row more than `first`. */
export function makePage<Row, T>(
  rows: readonly Row[],
  first: number,
  parts: {
    list: ListIdentity;
    position: (row: Row) => Position;
    toNode: (row: Row) => T;
    totalCount: () => Promise<number>;
  },
): Page<T> {
  const shown = rows.slice(0, first);
  const cursorAt = (index: number): string | null => {
    const row = shown.at(index);
    return row === undefined ? null : encodeCursor(parts.list, parts.position(row));
  };
  return {
    nodes: shown.map(parts.toNode),
    hasNextPage: rows.length > first,
    endCursor: cursorAt(-1),
    cursorAt,
    totalCount: parts.totalCount,
  };
}

/** The page of a list that must be empty, e.g. for an unknown id. */
export function emptyPage<T>(): Page<T> {
  return {
    nodes: [],
    hasNextPage: false,
    endCursor: null,
    cursorAt: () => null,
    totalCount: async () => 0,
  };
}
