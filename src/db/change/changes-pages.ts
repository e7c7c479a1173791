import { checkFirst } from '../../core/page-limits.ts';
import type { ChangeRecord } from '../../core/records.ts';
import type { ChangeFilter, Page } from '../../core/store.ts';
import { isUuid } from '../../core/uuid.ts';
import { emptyPage, makePage } from '../page/make-page.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { type ChangeRow, toChange } from './change-record.ts';
import { changePosition, changesList, changesOfRun, changesWhere, countChanges } from './changes-page.ts';

/** The first page of the changes of each of these runs: one statement for them all, one for their totals. */
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
  const byRun = Map.groupBy(rows, (row) => row.run_id);
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
