import { checkFirst } from '../../core/page-limits.ts';
import type { ContactPart, ContactRecord } from '../../core/records.ts';
import { type ContactFilter, ContactOrder, type Page, type PageRequest } from '../../core/store.ts';
import { decodeCursor, type Position } from '../page/cursor.ts';
import { emptyPage, makePage } from '../page/make-page.ts';
import { where } from '../page/where.ts';
import type { Query } from '../query.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { contactConditions } from './contact-conditions.ts';
import { type Ordering, orderings, type Stretch, stretchesFrom } from './contact-order.ts';
import { allParts, type ContactSelection, contactSelection, toContact } from './find-contacts.ts';

/**
 * Contacts, in the order asked for. With `updatedSince` (inclusive) or UPDATED_ASC it is a change feed: a change appears when no
 * open transaction can still put another change before it.
 */
export async function contactsPage(
  scope: WorkspaceScope,
  filter: ContactFilter,
  page: PageRequest,
  parts: readonly ContactPart[] = allParts,
): Promise<Page<ContactRecord>> {
  checkFirst(page.first);
  const list = ['contacts', scope.workspaceId, ...Object.values(identityOf(filter))];
  const ordering = orderings[filter.orderBy];
  const after = decodeCursor(list, page.after, [ordering.type === 'text' ? 'text' : 'moment', 'uuid']);
  if (contactConditions(scope.workspaceId, filter) === null) return emptyPage();
  const columns = `${contactSelection(parts)}, ${ordering.key} AS key`;
  const rows: ListedContact[] = [];
  for (const stretch of stretchesFrom(ordering, after)) {
    const missing = page.first + 1 - rows.length;
    if (missing > 0) rows.push(...(await readStretch(scope, filter, columns, { ...stretch, after, limit: missing })));
  }
  return makePage(rows, page.first, {
    list,
    position: ({ key, id }) => [typeof key === 'string' ? key : key.toISOString(), id],
    toNode: toContact,
    totalCount: () => countContacts(scope, filter),
  });
}

/** A contact with its key in the order of the list. */
type ListedContact = ContactSelection & { key: string | Date };

/** The limit of a page of fifty, the usual size. Only its statement is prepared. */
const USUAL_LIMIT = 51;

/** The filter's values in a fixed order, for a cursor. */
function identityOf(filter: ContactFilter) {
  const { search, email, externalId, status, connectionId, updatedSince, dueForRemoval, orderBy } = filter;
  return {
    search,
    email,
    externalId,
    status,
    connectionId,
    updatedSince: updatedSince?.toISOString() ?? null,
    dueForRemoval: dueForRemoval === null ? null : String(dueForRemoval),
    orderBy,
  };
}

async function readStretch(
  { workspaceId, read, readOne }: WorkspaceScope,
  filter: ContactFilter,
  columns: string,
  stretch: Stretch & { after: Position | null; limit: number },
): Promise<ListedContact[]> {
  const conditions = contactConditions(workspaceId, filter);
  if (conditions === null) return [];
  const { from, wanted, searching } = conditions;
  const { key, type, direction }: Ordering = orderings[filter.orderBy];
  const place = [`contact.workspace_id = ${wanted.put(workspaceId)}`];
  if (stretch.condition !== null) place.push(stretch.condition);
  const { after, limit } = stretch;
  // Stretches after the one in which the last page ended are read from their beginning.
  if (after !== null && stretch.holds(after[0] ?? '')) {
    const beyond = direction === 'ASC' ? '>' : '<';
    place.push(`(${key}, contact.id) ${beyond} (${wanted.put(after[0])}::${type}, ${wanted.put(after[1])}::uuid)`);
  }
  wanted.add(place.join(' AND '));
  const parts = {
    columns,
    from,
    place: place.join(' AND '),
    wanted: wanted.text(),
    key,
    direction,
    limit,
    parameters: wanted.values,
  };
  if (searching) return read(({ query }) => searchContacts(query, parts));
  const sql = inOrder(parts);
  return readOne<ListedContact>(sql, parts.parameters, limit === USUAL_LIMIT ? 'kept' : undefined);
}

function inOrder({ columns, from, wanted, key, direction, limit }: ContactSearch): string {
  return `
  SELECT ${columns} FROM ${from} WHERE ${wanted}
  ORDER BY ${key} ${direction}, contact.id ${direction} LIMIT ${limit}`;
}

async function countContacts(scope: WorkspaceScope, filter: ContactFilter): Promise<number> {
  const { sql, values, kept } = isOfStatusAlone(filter) ? addUp(scope, filter) : count(scope, filter);
  const [row] = await scope.read(({ query }) => query<{ count: number }>(sql, values, kept));
  return row?.count ?? 0;
}

type Counting = { sql: string; values: readonly unknown[]; kept?: 'kept' };

/** Whether the list has all contacts, or all of one status. The numbers of these are kept (contact_count). */
function isOfStatusAlone({ status: _, orderBy, ...others }: ContactFilter): boolean {
  return Object.values(others).every((wanted) => wanted === null) && orderBy !== ContactOrder.UPDATED_ASC;
}

function addUp({ workspaceId }: WorkspaceScope, { status }: ContactFilter): Counting {
  const wanted = where();
  wanted.add(`contact_count.workspace_id = ${wanted.put(workspaceId)}`);
  if (status !== null) wanted.add(`contact_count.status = ${wanted.put(status)}`);
  const sql = `SELECT coalesce(sum(contact_count.contacts), 0)::int AS count FROM contact_count WHERE ${wanted.text()}`;
  return { sql, values: wanted.values, kept: 'kept' };
}

function count({ workspaceId }: WorkspaceScope, filter: ContactFilter): Counting {
  const conditions = contactConditions(workspaceId, filter);
  if (conditions === null) return { sql: 'SELECT 0 AS count', values: [] };
  const { from, wanted, searching } = conditions;
  const sql = `SELECT count(*)::int AS count FROM ${from} WHERE ${wanted.text()}`;
  return { sql, values: wanted.values, kept: searching ? undefined : 'kept' };
}

/** A query in one stretch of an order. All texts are SQL, over a table named contact. */
export type ContactSearch = {
  columns: string;
  from: string;
  /** The conditions for the place in the list: workspace, stretch, and after the cursor. */
  place: string;
  /** All conditions, including `place`. */
  wanted: string;
  key: string;
  direction: 'ASC' | 'DESC';
  limit: number;
  parameters: readonly unknown[];
};

/** How many rows are read in order for each wanted row. */
const WALK = 10;

/**
 * Finds the first matches in order. The database can't know which way is cheaper, because names and words in them depend on each
 * other. So first we walk a few rows in order, which is enough for words that many contacts have. If it is not enough, we use
 * the text index and sort what it finds.
 */
export async function searchContacts(query: Query, search: ContactSearch): Promise<ListedContact[]> {
  const near = await query<ListedContact>(byWalking(search), search.parameters);
  return near.length === search.limit ? near : query<ListedContact>(bySorting(search), search.parameters);
}

function byWalking({ columns, from, place, wanted, key, direction, limit }: ContactSearch): string {
  return `
  SELECT ${columns} FROM (
    SELECT contact.* FROM ${from} WHERE ${place}
    ORDER BY ${key} ${direction}, contact.id ${direction} LIMIT ${limit * WALK}) AS contact
  WHERE ${wanted} ORDER BY ${key} ${direction}, contact.id ${direction} LIMIT ${limit}`;
}

function bySorting({ columns, from, wanted, key, direction, limit }: ContactSearch): string {
  return `
  WITH match AS MATERIALIZED (SELECT contact.id, ${key} AS key FROM ${from} WHERE ${wanted}),
  nearest AS MATERIALIZED (SELECT match.id FROM match ORDER BY match.key ${direction}, match.id ${direction} LIMIT ${limit})
  SELECT ${columns} FROM contact WHERE contact.id IN (SELECT nearest.id FROM nearest)
  ORDER BY ${key} ${direction}, contact.id ${direction}`;
}
