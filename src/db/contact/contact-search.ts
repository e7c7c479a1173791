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

/** Rows that are walked through for each one wanted, in the hope that what is found everywhere is found among them. */
const WALK = 10;

/**
 * Finds the first matches in order. The database can't know what is cheaper, as the order of names and what is looked for in
 * them go together: so a short walk in order comes first, which finds what many contacts have, then the text index and
 * sorting what it gives.
 */
export async function searchContacts(query: Query, search: ContactSearch): Promise<ContactSelection[]> {
  const near = await query<ContactSelection>(byWalking(search), search.parameters);
  return near.length === search.limit ? near : query<ContactSelection>(bySorting(search), search.parameters);
}

function byWalking({ from, place, wanted, key, direction, limit }: ContactSearch): string {
  return `
  SELECT ${contactSelection} FROM (
    SELECT contact.* FROM ${from} WHERE ${place}
    ORDER BY ${key} ${direction}, contact.id ${direction} LIMIT ${limit * WALK}) AS contact
  WHERE ${wanted} ORDER BY ${key} ${direction}, contact.id ${direction} LIMIT ${limit}`;
}

function bySorting({ from, wanted, key, direction, limit }: ContactSearch): string {
  return `
  WITH match AS MATERIALIZED (SELECT contact.id, ${key} AS key FROM ${from} WHERE ${wanted}),
  nearest AS MATERIALIZED (SELECT match.id FROM match ORDER BY match.key ${direction}, match.id ${direction} LIMIT ${limit})
  SELECT ${contactSelection} FROM contact WHERE contact.id IN (SELECT nearest.id FROM nearest)
  ORDER BY ${key} ${direction}, contact.id ${direction}`;
}
