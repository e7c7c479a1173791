import { checkFirst } from '../../core/page-limits.ts';
import type { ChangeRecord } from '../../core/records.ts';
import type { ChangeFilter, Page, PageRequest } from '../../core/store.ts';
import { isUuid } from '../../core/uuid.ts';
import { decodeCursor, type ListIdentity, type Position } from '../page/cursor.ts';
import { emptyPage, makePage } from '../page/make-page.ts';
import { type Where, where } from '../page/where.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { type ChangeRow, changeTables, isShown, selectChanges, shownName, toChange } from './change-record.ts';

/** The changes that a run plans or has made, in the order of the plan. `search`: the contact's or the person's name contains it. */
export async function changesPage(
  scope: WorkspaceScope,
  runId: string,
  filter: ChangeFilter,
  page: PageRequest,
): Promise<Page<ChangeRecord>> {
  checkFirst(page.first);
  const list = changesList(scope.workspaceId, runId, filter);
  const after = decodeCursor(list, page.after, ['count']);
  if (!isUuid(runId)) return emptyPage();
  const wanted = changesWhere(scope.workspaceId, filter);
  const from = after === null ? null : `${wanted.put(after[0])}::bigint`;
  const changes = changesOfRun(wanted, wanted.put(runId), page.first + 1, from);
  const rows = await scope.read(({ query }) => query<ChangeRow>(changes, wanted.values));
  return makePage(rows, page.first, {
    list,
    position: changePosition,
    toNode: toChange,
    totalCount: async () => (await countChanges(scope, [runId], filter)).get(runId) ?? 0,
  });
}

/** SQL: the first wanted changes of a run, in order. `run`: SQL of the run's id. `after`: SQL of the position to start after, if any. */
function changesOfRun(wanted: Where, run: string, limit: number, after: string | null): string {
  const most = wanted.put(limit);
  const parts = changeTables.map(
    (table) =>
      `(${selectChanges(table)} WHERE ${wanted.text()} AND change.${table.run} = ${run}
         ${after === null ? '' : `AND change.position > ${after} - ${table.base}`} ORDER BY change.position LIMIT ${most})`,
  );
  return `${parts.join(' UNION ALL ')} ORDER BY position LIMIT ${most}`;
}

/** The list for which a cursor is valid. */
function changesList(workspaceId: string, runId: string, { action, search }: ChangeFilter): ListIdentity {
  return ['changes', workspaceId, runId, action, search];
}

/** The position of a change in the list. */
function changePosition(row: ChangeRow): Position {
  return [Number(row.position)];
}

/** The conditions for changes of the workspace, of any run. */
function changesWhere(workspaceId: string, filter: ChangeFilter): Where {
  const wanted = where();
  wanted.add(`change.workspace_id = ${wanted.put(workspaceId)}`);
  wanted.add(isShown('change'));
  if (filter.action !== null) wanted.add(`change.action = ${wanted.put(filter.action)}`);
  const search = filter.search?.trim() ?? '';
  if (search !== '') {
    const typed = wanted.put(search);
    wanted.add(
      `strpos(lower(${shownName('change')}), lower(${typed})) > 0 OR strpos(lower(change.person), lower(${typed})) > 0`,
    );
  }
  return wanted;
}

/** Counts the changes of each of these runs. A run without any is missing from the map. */
async function countChanges(
  scope: WorkspaceScope,
  runIds: readonly string[],
  filter: ChangeFilter,
): Promise<Map<string, number>> {
  const wanted = changesWhere(scope.workspaceId, filter);
  const runs = `${wanted.put(runIds)}::uuid[]`;
  const parts = changeTables.map(
    ({ name, run }) =>
      `SELECT change.${run} AS run_id FROM ${name} AS change WHERE ${wanted.text()} AND change.${run} = ANY(${runs})`,
  );
  const rows = await scope.read(({ query }) =>
    query<{ run_id: string; count: number }>(
      `SELECT run_id, count(*)::int AS count FROM (${parts.join(' UNION ALL ')}) AS shown GROUP BY run_id`,
      wanted.values,
    ),
  );
  return new Map(rows.map((row) => [row.run_id, row.count]));
}

/** The first page of changes of each of these runs. One statement reads them all, one counts them all. */
export async function changesPages(
  scope: WorkspaceScope,
  runIds: readonly string[],
  filter: ChangeFilter,
  first: number,
): Promise<(runId: string) => Page<ChangeRecord>> {
  checkFirst(first);
  const ids = runIds.filter(isUuid);
  const wanted = changesWhere(scope.workspaceId, filter);
  const runs = `unnest(${wanted.put(ids)}::uuid[]) AS wanted (run_id)`;
  const changes = changesOfRun(wanted, 'wanted.run_id', first + 1, null);
  const rows = await scope.read(({ query }) =>
    query<ChangeRow>(
      `SELECT change.* FROM ${runs} CROSS JOIN LATERAL (${changes}) AS change ORDER BY change.position`,
      wanted.values,
    ),
  );
  const byRun = Map.groupBy(rows, (row) => row.change_set);
  let totals: Promise<Map<string, number>> | undefined;
  return (runId) => {
    const own = byRun.get(runId);
    if (own === undefined) return emptyPage();
    return makePage(own, first, {
      list: changesList(scope.workspaceId, runId, filter),
      position: changePosition,
      toNode: toChange,
      totalCount: async () => {
        totals ??= countChanges(scope, ids, filter);
        return (await totals).get(runId) ?? 0;
      },
    });
  };
}
