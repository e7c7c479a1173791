import { changeLine } from '../../../core/change-line.ts';
import { ChangeAction, LogLevel, type LogLine } from '../../../core/run.ts';
import type { LogQuery, LogSlice } from '../../../core/store.ts';
import { isUuid } from '../../../core/uuid.ts';
import { isShown, shownName } from '../../change/change-record.ts';
import type { Query } from '../../query.ts';

/** The highest number of a line: an integer of 32 bits. */
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
 * Lines of a run's log after `after`, oldest first, at most `first` of them. With DEBUG, each applied change is a
 * separate line. `search`: the message or the person contains it, ignoring case. It is one statement, so that the lines
 * and the end of the log are of the same moment. An unknown or malformed id has no lines.
 */
export async function readLog(query: Query, workspaceId: string, runId: string, log: LogQuery): Promise<LogSlice> {
  if (!isUuid(runId) || !isUuid(workspaceId)) return toSlice([], log);
  return toSlice(await query<LogRow>(logStatement('$2', log.minLevel), logParameters(workspaceId, runId, log)), log);
}

/** The parameters of a `logStatement`. The second one is for the expression that names its run. */
function logParameters(workspaceId: string, run: unknown, log: LogQuery): unknown[] {
  return [
    workspaceId,
    run,
    startOf(log),
    levelsFrom(log.minLevel),
    log.search === null || log.search.trim() === '' ? null : log.search.trim(),
    log.first + 1,
  ];
}

/** Makes a slice from rows. The statement read one row more than asked for. No rows: the run has no log. */
function toSlice(rows: readonly LogRow[], log: LogQuery): LogSlice {
  const lines = rows.slice(0, log.first).flatMap(toLine);
  const hasMore = rows.length > log.first;
  const last = hasMore ? lines.at(-1)?.seq : rows[0]?.newest;
  return { lines, lastSeq: Math.max(startOf(log), last ?? 0), hasMore };
}

function startOf({ after }: LogQuery): number {
  return Math.min(Math.max(after, 0), HIGHEST_SEQ - 1);
}

const levels = Object.values(LogLevel);
function levelsFrom(least: LogLevel): LogLevel[] {
  return levels.slice(levels.indexOf(least));
}

/** Reads the lines of the run that this SQL expression names. */
function logStatement(run: string, least: LogLevel): string {
  return `
  WITH newest AS MATERIALIZED (
    SELECT run_log.last_seq FROM run_log WHERE run_log.workspace_id = $1 AND run_log.run_id = ${run}
    ORDER BY run_log.seq DESC LIMIT 1)
  SELECT newest.last_seq AS newest, line.* FROM newest LEFT JOIN LATERAL (
    ${least === 'DEBUG' ? changeLines(run) : storedLines(run)}
  ) AS line ON true
  ORDER BY line.seq`;
}

function toLine(row: LogRow): LogLine[] {
  return row.seq === null
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
}

/** Does what `readLog` does, for each of these runs, in one statement. */
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

// Parameters: $1 workspace, $3 after, $4 levels, $5 search or null, $6 limit. `run` is an SQL expression, e.g. $2.

/** SQL: rows from the one that holds the line after `after`. That line may be in the middle of a row with several lines. */
function from(run: string): string {
  return `
  run_log.workspace_id = $1 AND run_log.run_id = ${run} AND run_log.last_seq > $3 AND run_log.level = ANY($4)
  AND run_log.seq >= coalesce((
    SELECT max(started.seq) FROM run_log AS started
    WHERE started.workspace_id = $1 AND started.run_id = ${run} AND started.seq <= $3 + 1), 0)`;
}

function contains(message: string, person: string): string {
  return `($5::text IS NULL OR strpos(lower(${message}), lower($5)) > 0 OR strpos(lower(${person}), lower($5)) > 0)`;
}

/** SQL: the lines as they are stored, for readers without DEBUG. */
function storedLines(run: string): string {
  return `
  SELECT run_log.seq, run_log.at, run_log.level, run_log.code, run_log.message, run_log.person, run_log.person_id,
    run_log.contact_id
  FROM run_log
  WHERE ${from(run)} AND ${contains('run_log.message', 'run_log.person')}
  ORDER BY run_log.seq LIMIT $6`;
}

const actions = Object.values(ChangeAction).filter((action) => action !== 'SKIP');

/** SQL: a part of core's `changeLine`, chosen by the action of the change. */
function perAction(reason: string | null, of: (line: ReturnType<typeof changeLine>) => string): string {
  return `CASE contact_change.action ${actions
    .map((action) => `WHEN '${action}' THEN '${of(changeLine({ action, contactName: '%1$s', reason }))}'`)
    .join(' ')} END`;
}
function message(reason: string | null): string {
  return perAction(reason, (line) => line.message);
}

/** SQL: the applied changes that a row of the log stands for, with the numbers of their lines. */
function changes(run: string): string {
  return `
  SELECT (run_log.seq + row_number() OVER (ORDER BY contact_change.position) - 1)::integer AS seq,
    ${perAction(null, ({ code }) => code)} AS code,
    format(CASE WHEN contact_change.reason IS NULL THEN ${message(null)} ELSE ${message('%2$s')} END,
      ${shownName('contact_change')}, contact_change.reason) AS message,
    contact_change.person, contact_change.person_id, contact_change.contact_id
  FROM contact_change
  WHERE contact_change.workspace_id = $1 AND contact_change.change_set = ${run}
    AND contact_change.position BETWEEN run_log.first_position AND run_log.last_position
    AND contact_change.outcome IS NULL AND contact_change.action <> 'SKIP'
    AND ${isShown('contact_change')}`;
}

/** SQL: all lines, with the changes in their places. */
function changeLines(run: string): string {
  return `
  SELECT coalesce(change.seq, run_log.seq) AS seq, run_log.at, run_log.level, coalesce(change.code, run_log.code) AS code,
    coalesce(change.message, run_log.message) AS message, coalesce(change.person, run_log.person) AS person,
    coalesce(change.person_id, run_log.person_id) AS person_id, coalesce(change.contact_id, run_log.contact_id) AS contact_id
  FROM run_log LEFT JOIN LATERAL (${changes(run)}) AS change ON run_log.first_position IS NOT NULL
  WHERE ${from(run)} AND coalesce(change.seq, run_log.seq) > $3
    AND ${contains('coalesce(change.message, run_log.message)', 'coalesce(change.person, run_log.person)')}
  ORDER BY run_log.seq, change.seq LIMIT $6`;
}
