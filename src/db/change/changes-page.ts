import type { ChangeRecord } from '../../core/records.ts';
import type { ChangeAction } from '../../core/run.ts';
import type { Page, PageRequest } from '../../core/store.ts';
import { isUuid } from '../../core/uuid.ts';
import { decodeCursor } from '../page/cursor.ts';
import { checkFirst, emptyPage, makePage } from '../page/make-page.ts';
import { type Where, where } from '../page/where.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { type ChangeRow, contactName, isShown, selectChanges, toChange } from './change-record.ts';

export type ChangeFilter = { action: ChangeAction | null; search: string | null };

/** A run's plan, or what it did, in the order of the plan. `search`: the contact's name or the person contains it. */
export async function changesPage(
  scope: WorkspaceScope,
  runId: string,
  filter: ChangeFilter,
  page: PageRequest,
): Promise<Page<ChangeRecord>> {
  checkFirst(page.first);
  const list = ['changes', scope.workspaceId, runId, filter.action, filter.search];
  const after = decodeCursor(list, page.after, 1);
  if (!isUuid(runId)) return emptyPage();
  const wanted = conditions(scope.workspaceId, runId, filter);
  if (after !== null) wanted.add(`contact_change.position > ${wanted.put(after[0])}`);
  const rows = await scope.read(({ query }) =>
    query<ChangeRow>(
      `${selectChanges} WHERE ${wanted.text()} ORDER BY contact_change.position LIMIT ${wanted.put(page.first + 1)}`,
      wanted.values,
    ),
  );
  return makePage(rows, page.first, {
    list,
    position: (row) => [Number(row.position)],
    toNode: toChange,
    totalCount: () => countChanges(scope, runId, filter),
  });
}

function conditions(workspaceId: string, runId: string, filter: ChangeFilter): Where {
  const wanted = where();
  wanted.add(
    `contact_change.workspace_id = ${wanted.put(workspaceId)} AND contact_change.run_id = ${wanted.put(runId)}`,
  );
  wanted.add(isShown);
  if (filter.action !== null) wanted.add(`contact_change.action = ${wanted.put(filter.action)}`);
  const search = filter.search?.trim() ?? '';
  if (search !== '') {
    const typed = wanted.put(search);
    wanted.add(
      `strpos(lower(${contactName}), lower(${typed})) > 0 OR strpos(lower(contact_change.person), lower(${typed})) > 0`,
    );
  }
  return wanted;
}

async function countChanges(scope: WorkspaceScope, runId: string, filter: ChangeFilter): Promise<number> {
  const wanted = conditions(scope.workspaceId, runId, filter);
  const [row] = await scope.read(({ query }) =>
    query<{ count: number }>(`SELECT count(*)::int AS count FROM contact_change WHERE ${wanted.text()}`, wanted.values),
  );
  return row?.count ?? 0;
}
