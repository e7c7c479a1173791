import type { ContactField } from '../../core/contact.ts';
import { checkFirst } from '../../core/page-limits.ts';
import { type FindingRecord, QualityKind } from '../../core/quality.ts';
import type { FindingsPage, PageRequest } from '../../core/store.ts';
import { isUuid } from '../../core/uuid.ts';
import { decodeCursor, type ListIdentity, type Position } from '../page/cursor.ts';
import { makePage } from '../page/make-page.ts';
import { where } from '../page/where.ts';
import type { RunQuality } from '../sync/note-findings.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';

type RunRow = { id: string; connection_id: string | null; quality: RunQuality | null };
type Row = {
  run_id: string;
  kind: QualityKind;
  about: string;
  field: ContactField | '';
  since: number;
  person: string;
  person_id: string | null;
  message: string;
};

/**
 * A page of the findings of each of these runs, by kind and person. One statement reads the runs, one the findings. A run that has not
 * planned gives null. Of a run whose connection has been deleted only the numbers are left. `after` is a cursor of one run's list.
 */
export async function findingsPages(
  scope: WorkspaceScope,
  runIds: readonly string[],
  kind: QualityKind | null,
  page: PageRequest,
): Promise<(runId: string) => FindingsPage | null> {
  checkFirst(page.first);
  const ids = runIds.filter(isUuid);
  const after = decodeCursor(listOf(scope, ids[0] ?? '', kind), page.after, ['text', 'text', 'text', 'count']);
  const [runs, rows] = await scope.read(async ({ query }) => {
    const found = await query<RunRow>(
      `SELECT run.id, run.connection_id, run.quality FROM run
       WHERE run.workspace_id = $1 AND run.id = ANY($2::uuid[]) AND run.quality IS NOT NULL`,
      [scope.workspaceId, ids],
    );
    const kept = found.filter(isKept);
    const { sql, values } = select(scope.workspaceId, kept, kind, page.first + 1, after);
    return [found, kept.length === 0 ? [] : await query<Row>(sql, values)] as const;
  });
  const runOf = new Map(runs.map((run) => [run.id, run]));
  const byRun = Map.groupBy(rows, (row) => row.run_id);
  return (runId) => {
    const run = runOf.get(runId);
    const quality = run?.quality ?? null;
    if (run === undefined || quality === null) return null;
    const counts = countsOf(quality);
    return {
      ...makePage(byRun.get(runId) ?? [], page.first, {
        list: listOf(scope, runId, kind),
        position: (row): Position => [row.kind, row.about, row.field, row.since],
        toNode: (row) => toFinding(row, quality),
        totalCount: async () =>
          isKept(run)
            ? counts.filter((each) => kind === null || each.kind === kind).reduce((sum, { count }) => sum + count, 0)
            : 0,
      }),
      counts,
      note: isKept(run) ? null : deletedWithConnection,
    };
  };
}

/** Whether the findings are kept: they are deleted with the connection. */
function isKept({ connection_id }: RunRow): boolean {
  return connection_id !== null;
}

const deletedWithConnection = 'The findings were deleted together with the connection. Only their numbers are kept.';

/** The list for which a cursor is valid. */
function listOf({ workspaceId }: WorkspaceScope, runId: string, kind: QualityKind | null): ListIdentity {
  return ['quality', workspaceId, runId, kind];
}

/** The kinds that the run or the one before has findings of. */
function countsOf({ counts, before }: RunQuality): FindingsPage['counts'] {
  return Object.values(QualityKind)
    .map((kind) => ({ kind, count: counts[kind] ?? 0, before: before === null ? null : (before[kind] ?? 0) }))
    .filter(({ count, before: earlier }) => count > 0 || (earlier ?? 0) > 0);
}

/** SQL: the first findings of each run that last at its read, in order. */
function select(
  workspaceId: string,
  runs: readonly RunRow[],
  kind: QualityKind | null,
  limit: number,
  after: Position | null,
): { sql: string; values: unknown[] } {
  const wanted = where();
  wanted.add(`f.workspace_id = ${wanted.put(workspaceId)}`);
  wanted.add(
    'f.connection_id = of.connection_id AND f.since <= of.number AND (f.until IS NULL OR f.until > of.number)',
  );
  if (kind !== null) wanted.add(`f.kind = ${wanted.put(kind)}`);
  if (after !== null)
    wanted.add(
      `(f.kind, f.about, f.field, f.since) > (${after.map((key, i) => `${wanted.put(key)}${i === 3 ? '::int' : ''}`).join(', ')})`,
    );
  const of = [
    `${wanted.put(runs.map(({ id }) => id))}::uuid[]`,
    `${wanted.put(runs.map(({ connection_id }) => connection_id))}::uuid[]`,
    `${wanted.put(runs.map(({ quality }) => quality?.number ?? 0))}::int[]`,
  ];
  return {
    sql: `SELECT of.run_id, shown.* FROM unnest(${of.join(', ')}) AS of (run_id, connection_id, number)
      CROSS JOIN LATERAL (
        SELECT f.kind, f.about, f.field, f.since, f.person, f.person_id, f.message FROM quality_finding AS f
        WHERE ${wanted.text()} ORDER BY f.kind, f.about, f.field, f.since LIMIT ${wanted.put(limit)}) AS shown
      ORDER BY shown.kind, shown.about, shown.field, shown.since`,
    values: wanted.values,
  };
}

function toFinding(
  { kind, field, since, person, person_id: personId, message }: Row,
  { number }: RunQuality,
): FindingRecord {
  return { kind, person, personId, field: field === '' ? null : field, message, isNew: since === number };
}
