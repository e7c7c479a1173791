/**
 * SQL: the name under which a row of the plan or of the history is shown. It is the one that was decided for it; of a contact to
 * be created, its name; of somebody who has none, what the source calls them.
 */
export const shownName = (row: string): string => `coalesce(${row}.contact_name, ${row}.display_name, ${row}.person)`;

/** SQL: whether such a row is shown. Not where nothing is decided yet, and not where it only renews a link. */
export const isShown = (row: string): string =>
  `(${row}.action IS NOT NULL AND ${row}.stays IS DISTINCT FROM 'AS_BEFORE')`;
