import { LogLevel, type LogLine } from '../../../core/run.ts';
import type { LogQuery, LogSlice } from '../../../core/store.ts';
import { isUuid } from '../../../core/uuid.ts';
import type { Query } from '../../query.ts';
import { changeLines, storedLines } from './log-lines.ts';

/** Of a line's number, which is an integer. */
const HIGHEST_SEQ = 2_147_483_647;

type LogRow = {
  newest: number;
  seq: number | null;
  at: Date;
  level: LogLevel;
  code: LogLine['code'];
  message: string;
  person: string | null;
  person_id: string | null;
  contact_id: string | null;
};

/**
 * Lines of a run's log after `after`, oldest first, at most `first` of them. With DEBUG, the applied changes that a row
 * stands for are lines of their own. `search`: message or person contains it, without case. One statement, so what it tells
 * of the log's end is of the same moment as the lines. An unknown or malformed id has no lines.
 */
export async function readLog(query: Query, workspaceId: string, runId: string, log: LogQuery): Promise<LogSlice> {
  if (!isUuid(runId) || !isUuid(workspaceId)) return toSlice([], log);
  return toSlice(await query<LogRow>(logStatement('$2', log.minLevel), logParameters(workspaceId, runId, log)), log);
}

/** Of a `logStatement`; the second one is for the expression that names its run. */
const logParameters = (workspaceId: string, run: unknown, log: LogQuery): unknown[] => [
  workspaceId,
  run,
  startOf(log),
  levelsFrom(log.minLevel),
  log.search === null || log.search.trim() === '' ? null : log.search.trim(),
  log.first + 1,
];

/** Of rows of which one more than asked for was read; none: a run without a log. */
function toSlice(rows: readonly LogRow[], log: LogQuery): LogSlice {
  const lines = rows.slice(0, log.first).flatMap(toLine);
  const hasMore = rows.length > log.first;
  const last = hasMore ? lines.at(-1)?.seq : rows[0]?.newest;
  return { lines, lastSeq: Math.max(startOf(log), last ?? 0), hasMore };
}

const startOf = ({ after }: LogQuery): number => Math.min(Math.max(after, 0), HIGHEST_SEQ - 1);

const levels = Object.values(LogLevel);
const levelsFrom = (least: LogLevel): LogLevel[] => levels.slice(levels.indexOf(least));

/** Reads the lines of the run that this SQL expression names. */
const logStatement = (run: string, least: LogLevel): string => `
  WITH newest AS MATERIALIZED (
    SELECT run_log.last_seq FROM run_log WHERE run_log.workspace_id = $1 AND run_log.run_id = ${run}
    ORDER BY run_log.seq DESC LIMIT 1)
  SELECT newest.last_seq AS newest, line.* FROM newest LEFT JOIN LATERAL (
    ${least === 'DEBUG' ? changeLines(run) : storedLines(run)}
  ) AS line ON true
  ORDER BY line.seq`;

const toLine = (row: LogRow): LogLine[] =>
  row.seq === null
    ? []
    : [
        {
          seq: row.seq,
          at: row.at,
          level: row.level,
          code: row.code,
          message: row.message,
          person: row.person,
          personId: row.person_id,
          contactId: row.contact_id,
        },
      ];

/** What `readLog` reads, of each of these runs: one statement for them all. */
export async function readLogs(
  query: Query,
  workspaceId: string,
  runIds: readonly string[],
  log: LogQuery,
): Promise<(runId: string) => LogSlice> {
  const rows = await query<LogRow & { run_id: string }>(
    `SELECT wanted.run_id, log.* FROM unnest($2::uuid[]) AS wanted (run_id)
     CROSS JOIN LATERAL (${logStatement('wanted.run_id', log.minLevel)}) AS log
     ORDER BY log.seq`,
    logParameters(workspaceId, runIds.filter(isUuid), log),
  );
  const byRun = Map.groupBy(rows, (row) => row.run_id);
  return (runId) => toSlice(byRun.get(runId) ?? [], log);
}
