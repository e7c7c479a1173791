import type { ConnectionStatus, SourceKind } from '../../core/connection.ts';
import { sortKey } from '../../core/fold.ts';
import { checkFirst } from '../../core/page-limits.ts';
import type { ConnectionRecord } from '../../core/records.ts';
import type { Page, PageRequest } from '../../core/store.ts';
import { decodeCursor } from '../page/cursor.ts';
import { makePage } from '../page/make-page.ts';
import { type Where, where } from '../page/where.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { type ConnectionSelection, selectConnections, toConnection } from './find-connections.ts';

export type ConnectionFilter = { search: string | null; status: ConnectionStatus | null; kind: SourceKind | null };

/** Connections, ordered by name. `search`: each of its words occurs in name, description, kind or status, ignoring case and accents. */
export async function connectionsPage(
  scope: WorkspaceScope,
  filter: ConnectionFilter,
  page: PageRequest,
): Promise<Page<ConnectionRecord>> {
  checkFirst(page.first);
  const list = ['connections', scope.workspaceId, filter.search, filter.status, filter.kind];
  const after = decodeCursor(list, page.after, ['text', 'uuid']);
  const wanted = conditions(scope.workspaceId, filter);
  if (after !== null) {
    wanted.add(`(connection.name_key, connection.id) > (${wanted.put(after[0])}, ${wanted.put(after[1])}::uuid)`);
  }
  const rows = await scope.read(({ query }) =>
    query<ConnectionSelection>(
      `${selectConnections} WHERE ${wanted.text()}
       ORDER BY connection.name_key, connection.id LIMIT ${wanted.put(page.first + 1)}`,
      wanted.values,
    ),
  );
  return makePage(rows, page.first, {
    list,
    position: (row) => [row.name_key, row.id],
    toNode: toConnection,
    totalCount: () => countConnections(scope, filter),
  });
}

function conditions(workspaceId: string, filter: ConnectionFilter): Where {
  const wanted = where();
  wanted.add(`connection.workspace_id = ${wanted.put(workspaceId)}`);
  if (filter.status !== null) wanted.add(`connection.status = ${wanted.put(filter.status)}`);
  if (filter.kind !== null) wanted.add(`connection.kind = ${wanted.put(filter.kind)}`);
  for (const word of filter.search?.split(/\s+/) ?? []) if (word !== '') wanted.add(mentions(wanted, word));
  return wanted;
}

/** ACTIVE_DIRECTORY is also found as "Active Directory". Accents may be typed or left out. */
function mentions(wanted: Where, word: string): string {
  const texts = `concat_ws(' ', connection.name, connection.description, connection.kind, replace(connection.kind, '_', ' '), connection.status)`;
  const plain = `lower(regexp_replace(normalize(${texts}, NFKD), '[\u0300-\u036f]', '', 'g'))`;
  const typed = `strpos(lower(${texts}), lower(${wanted.put(word)})) > 0`;
  const folded = sortKey(word);
  return folded === '' ? typed : `${typed} OR strpos(${plain}, ${wanted.put(folded)}) > 0`;
}

async function countConnections(scope: WorkspaceScope, filter: ConnectionFilter): Promise<number> {
  const wanted = conditions(scope.workspaceId, filter);
  const [row] = await scope.read(({ query }) =>
    query<{ count: number }>(`SELECT count(*)::int AS count FROM connection WHERE ${wanted.text()}`, wanted.values),
  );
  return row?.count ?? 0;
}
