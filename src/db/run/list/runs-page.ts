import { checkFirst } from '../../../core/page-limits.ts';
import type { RunRecord } from '../../../core/records.ts';
import type { RunStatus } from '../../../core/run.ts';
import type { Page, PageRequest } from '../../../core/store.ts';
import { isUuid } from '../../../core/uuid.ts';
import { decodeCursor, type ListIdentity, type Position } from '../../page/cursor.ts';
import { emptyPage, makePage } from '../../page/make-page.ts';
import { type Where, where } from '../../page/where.ts';
import type { WorkspaceScope } from '../../workspace-scope.ts';
import { type RunRow, runColumns, toRun } from '../run-row.ts';

export type RunFilter = { connectionId: string | null; status: readonly RunStatus[] | null };

/** Runs, newest first. */
export async function runsPage(scope: WorkspaceScope, filter: RunFilter, page: PageRequest): Promise<Page<RunRecord>> {
  checkFirst(page.first);
  const list = runsList(scope.workspaceId, filter);
  const after = decodeCursor(list, page.after, ['moment', 'uuid']);
  if (filter.connectionId !== null && !isUuid(filter.connectionId)) return emptyPage();
  const wanted = conditions(scope.workspaceId, filter);
  if (after !== null) {
    wanted.add(`(run.queued_at, run.id) < (${wanted.put(after[0])}::timestamptz, ${wanted.put(after[1])}::uuid)`);
  }
  const rows = await scope.read(({ query }) =>
    query<RunRow>(
      `SELECT ${runColumns} FROM run WHERE ${wanted.text()}
       ORDER BY run.queued_at DESC, run.id DESC LIMIT ${wanted.put(page.first + 1)}`,
      wanted.values,
    ),
  );
  return makePage(rows, page.first, {
    list,
    position: runPosition,
    toNode: toRun,
    totalCount: () => countRuns(scope, filter),
  });
}

/** The list for which a cursor is valid. */
function runsList(workspaceId: string, { connectionId, status }: RunFilter): ListIdentity {
  return ['runs', workspaceId, connectionId, status === null ? null : [...status].sort()];
}

/** The position of a run in the list. */
function runPosition(row: RunRow): Position {
  return [row.queued_at.toISOString(), row.id];
}

function conditions(workspaceId: string, filter: RunFilter): Where {
  const wanted = where();
  wanted.add(`run.workspace_id = ${wanted.put(workspaceId)}`);
  if (filter.connectionId !== null) wanted.add(`run.connection_id = ${wanted.put(filter.connectionId)}`);
  if (filter.status !== null) wanted.add(`run.status = ANY(${wanted.put(filter.status)})`);
  return wanted;
}

async function countRuns(scope: WorkspaceScope, filter: RunFilter): Promise<number> {
  const wanted = conditions(scope.workspaceId, filter);
  const [row] = await scope.read(({ query }) =>
    query<{ count: number }>(`SELECT count(*)::int AS count FROM run WHERE ${wanted.text()}`, wanted.values),
  );
  return row?.count ?? 0;
}

/** The first page of runs of each of these connections, newest first. One statement reads them all, one counts them all. */
export async function runsPages(
  scope: WorkspaceScope,
  connectionIds: readonly string[],
  first: number,
): Promise<(connectionId: string) => Page<RunRecord>> {
  checkFirst(first);
  const rows = await scope.read(({ query }) =>
    query<RunRow>(
      `SELECT run.* FROM unnest($2::uuid[]) AS wanted (connection_id) CROSS JOIN LATERAL (
         SELECT ${runColumns} FROM run WHERE run.workspace_id = $1 AND run.connection_id = wanted.connection_id
         ORDER BY run.queued_at DESC, run.id DESC LIMIT $3) AS run`,
      [scope.workspaceId, connectionIds, first + 1],
    ),
  );
  const byConnection = Map.groupBy(rows, (row) => row.connection_id ?? '');
  let totals: Promise<Map<string, number>> | undefined;
  return (connectionId) => {
    const own = byConnection.get(connectionId);
    if (own === undefined) return emptyPage();
    return makePage(own, first, {
      list: runsList(scope.workspaceId, { connectionId, status: null }),
      position: runPosition,
      toNode: toRun,
      totalCount: async () => {
        totals ??= countRunsOf(scope, connectionIds);
        return (await totals).get(connectionId) ?? 0;
      },
    });
  };
}

async function countRunsOf(scope: WorkspaceScope, connectionIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await scope.read(({ query }) =>
    query<{ connection_id: string; count: number }>(
      `SELECT run.connection_id, count(*)::int AS count FROM run
       WHERE run.workspace_id = $1 AND run.connection_id = ANY($2::uuid[]) GROUP BY run.connection_id`,
      [scope.workspaceId, connectionIds],
    ),
  );
  return new Map(rows.map((row) => [row.connection_id, row.count]));
}
