import { checkFirst } from '../../core/page-limits.ts';
import type { ContactRecord } from '../../core/records.ts';
import { type ContactFilter, ContactOrder, type Page, type PageRequest } from '../../core/store.ts';
import { decodeCursor, type Position } from '../page/cursor.ts';
import { emptyPage, makePage } from '../page/make-page.ts';
import { where } from '../page/where.ts';
import { preparedName } from '../query.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { contactConditions } from './contact-conditions.ts';
import { type Ordering, orderings, type Stretch, stretchesFrom } from './contact-order.ts';
import { type ContactSelection, contactSelection, toContact } from './contact-record.ts';
import { type ContactSearch, searchContacts } from './contact-search.ts';

/**
 * Contacts in the order asked for. With `updatedSince` (that moment included) or UPDATED_ASC it is a change feed: a change
 * appears once no transaction is open that might put another before it.
 */
export async function contactsPage(
  scope: WorkspaceScope,
  filter: ContactFilter,
  page: PageRequest,
): Promise<Page<ContactRecord>> {
  checkFirst(page.first);
  const list = ['contacts', scope.workspaceId, ...Object.values(identityOf(filter))];
  const ordering = orderings[filter.orderBy];
  const after = decodeCursor(list, page.after, [ordering.type === 'text' ? 'text' : 'moment', 'uuid']);
  if (contactConditions(scope.workspaceId, filter) === null) return emptyPage();
  const rows: ContactSelection[] = [];
  for (const stretch of stretchesFrom(ordering, after)) {
    const missing = page.first + 1 - rows.length;
    if (missing > 0) rows.push(...(await readStretch(scope, filter, stretch, after, missing)));
  }
  return makePage(rows, page.first, {
    list,
    position: ordering.position,
    toNode: toContact,
    totalCount: () => countContacts(scope, filter),
  });
}

/** Of a first page of the usual fifty: the one that everybody asks for is planned once a session. */
const USUAL_LIMIT = 51;

/** In one order, whatever order the filter's members have. */
function identityOf({ search, email, externalId, status, connectionId, updatedSince, orderBy }: ContactFilter) {
  return {
    search,
    email,
    externalId,
    status,
    connectionId,
    updatedSince: updatedSince?.toISOString() ?? null,
    orderBy,
  };
}

async function readStretch(
  { workspaceId, read, readOne }: WorkspaceScope,
  filter: ContactFilter,
  stretch: Stretch,
  after: Position | null,
  limit: number,
): Promise<ContactSelection[]> {
  const conditions = contactConditions(workspaceId, filter);
  if (conditions === null) return [];
  const { from, wanted, searching } = conditions;
  const { key, type, direction }: Ordering = orderings[filter.orderBy];
  const place = [`contact.workspace_id = ${wanted.put(workspaceId)}`];
  if (stretch.condition !== null) place.push(stretch.condition);
  // A stretch after the one in which the last page ended is read from its beginning.
  if (after !== null && stretch.holds(after[0] ?? '')) {
    const beyond = direction === 'ASC' ? '>' : '<';
    place.push(`(${key}, contact.id) ${beyond} (${wanted.put(after[0])}::${type}, ${wanted.put(after[1])}::uuid)`);
  }
  wanted.add(place.join(' AND '));
  const parts = {
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
  return readOne<ContactSelection>(sql, parts.parameters, limit === USUAL_LIMIT ? preparedName(sql) : undefined);
}

function inOrder({ from, wanted, key, direction, limit }: ContactSearch): string {
  return `
  SELECT ${contactSelection} FROM ${from} WHERE ${wanted}
  ORDER BY ${key} ${direction}, contact.id ${direction} LIMIT ${limit}`;
}

async function countContacts(scope: WorkspaceScope, filter: ContactFilter): Promise<number> {
  const { sql, values, name } = isOfStatusAlone(filter) ? addUp(scope, filter) : count(scope, filter);
  const [row] = await scope.read(({ query }) => query<{ count: number }>(sql, values, name));
  return row?.count ?? 0;
}

type Counting = { sql: string; values: readonly unknown[]; name?: string };

/** All contacts, or all of one status: their number is kept. */
function isOfStatusAlone({ search, email, externalId, connectionId, updatedSince, orderBy }: ContactFilter): boolean {
  return (
    [search, email, externalId, connectionId, updatedSince].every((wanted) => wanted === null) &&
    orderBy !== ContactOrder.UPDATED_ASC
  );
}

function addUp({ workspaceId }: WorkspaceScope, { status }: ContactFilter): Counting {
  const wanted = where();
  wanted.add(`contact_count.workspace_id = ${wanted.put(workspaceId)}`);
  if (status !== null) wanted.add(`contact_count.status = ${wanted.put(status)}`);
  const sql = `SELECT coalesce(sum(contact_count.contacts), 0)::int AS count FROM contact_count WHERE ${wanted.text()}`;
  return { sql, values: wanted.values, name: preparedName(sql) };
}

function count({ workspaceId }: WorkspaceScope, filter: ContactFilter): Counting {
  const conditions = contactConditions(workspaceId, filter);
  if (conditions === null) return { sql: 'SELECT 0 AS count', values: [] };
  const { from, wanted, searching } = conditions;
  const sql = `SELECT count(*)::int AS count FROM ${from} WHERE ${wanted.text()}`;
  return { sql, values: wanted.values, name: searching ? undefined : preparedName(sql) };
}
