import type { RunRecord } from '../../core/records.ts';
import type { Page } from '../../core/store.ts';
import { checkFirst, emptyPage, makePage } from '../page/make-page.ts';
import { type RunRow, runColumns, toRun } from '../runs/run-row.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { runPosition, runsList } from './runs-page.ts';

/** The first page of the runs of each of these connections, newest first: one statement for them all, one for their totals. */
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
