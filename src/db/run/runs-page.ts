import type { RunRecord } from '../../core/records.ts';
import type { RunStatus } from '../../core/run.ts';
import type { Page, PageRequest } from '../../core/store.ts';
import { isUuid } from '../../core/uuid.ts';
import { decodeCursor, type ListIdentity, type Position } from '../page/cursor.ts';
import { checkFirst, emptyPage, makePage } from '../page/make-page.ts';
import { type Where, where } from '../page/where.ts';
import { type RunRow, runColumns, toRun } from '../runs/run-row.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';

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

/** What a cursor of such a list is bound to. */
export const runsList = (workspaceId: string, { connectionId, status }: RunFilter): ListIdentity => [
  'runs',
  workspaceId,
  connectionId,
  status === null ? null : [...status].sort(),
];

/** Where a run stands in it. */
export const runPosition = (row: RunRow): Position => [row.queued_at.toISOString(), row.id];

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
