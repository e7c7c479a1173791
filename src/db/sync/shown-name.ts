/**
 * SQL: the name under which a row of the plan or of the history is shown. It is the one that was decided for it; of a contact to
 * be created, its name; of somebody who has none, what the source calls them.
 */
export const shownName = (row: string): string => `coalesce(${row}.contact_name, ${row}.display_name, ${row}.person)`;
