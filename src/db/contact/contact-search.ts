import type { Query } from '../query.ts';
import { type ContactSelection, contactSelection } from './contact-record.ts';

/** A search in one stretch of an order; all texts are SQL, over a table named contact. */
export type ContactSearch = {
  from: string;
  /** Where the stretch lies: the workspace, the stretch's condition, what comes after the cursor. */
  place: string;
  /** All conditions, `place` among them. */
  wanted: string;
  key: string;
  direction: 'ASC' | 'DESC';
  limit: number;
  parameters: readonly unknown[];
};

/** Matches that are few enough to be sorted without a thought. */
const FEW = 2_000;
/** Rows that are walked through in the hope that what is found everywhere is found among them. */
const WALK = 3_000;

/**
 * Finds the first matches in order. The database can't know what is cheaper, as the order of names and what is looked for in
 * them go together: the text index, then sorting, when matches are few; walking in order when they are everywhere; the
 * text index again when there are many and they lie elsewhere.
 */
export async function searchContacts(query: Query, search: ContactSearch): Promise<ContactSelection[]> {
  const few = await query<ContactSelection & { found: number }>(bySorting(search, FEW + 1), search.parameters);
  if ((few[0]?.found ?? 0) <= FEW) return few;
  const near = await query<ContactSelection>(byWalking(search), search.parameters);
  return near.length === search.limit ? near : query<ContactSelection>(bySorting(search, null), search.parameters);
}

/** What matches by the text index, at most `most`, and of that the first in order. */
const bySorting = ({ from, wanted, key, direction, limit }: ContactSearch, most: number | null): string => `
  WITH match AS MATERIALIZED (
    SELECT contact.id, ${key} AS key FROM ${from} WHERE ${wanted} ${most === null ? '' : `LIMIT ${most}`}),
  nearest AS MATERIALIZED (SELECT match.id FROM match ORDER BY match.key ${direction}, match.id ${direction} LIMIT ${limit})
  SELECT ${contactSelection}, (SELECT count(*)::int FROM match) AS found
  FROM contact WHERE contact.id IN (SELECT nearest.id FROM nearest)
  ORDER BY ${key} ${direction}, contact.id ${direction}`;

const byWalking = ({ from, place, wanted, key, direction, limit }: ContactSearch): string => `
  SELECT ${contactSelection} FROM (
    SELECT contact.* FROM ${from} WHERE ${place}
    ORDER BY ${key} ${direction}, contact.id ${direction} LIMIT ${WALK}) AS contact
  WHERE ${wanted} ORDER BY ${key} ${direction}, contact.id ${direction} LIMIT ${limit}`;
