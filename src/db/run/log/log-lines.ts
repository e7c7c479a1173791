import { changeLine } from '../../../core/change-line.ts';
import { ChangeAction } from '../../../core/run.ts';
import { isShown, shownName } from '../../sync/shown-rows.ts';

// $1 workspace, $3 after, $4 levels, $5 search or null, $6 how many; the run is an SQL expression.

/** Rows from the one that holds the line after `after`, which may lie in the middle of it. */
const from = (run: string): string => `
  run_log.workspace_id = $1 AND run_log.run_id = ${run} AND run_log.last_seq > $3 AND run_log.level = ANY($4)
  AND run_log.seq >= coalesce((
    SELECT max(started.seq) FROM run_log AS started
    WHERE started.workspace_id = $1 AND started.run_id = ${run} AND started.seq <= $3 + 1), 0)`;

const contains = (message: string, person: string): string =>
  `($5::text IS NULL OR strpos(lower(${message}), lower($5)) > 0 OR strpos(lower(${person}), lower($5)) > 0)`;

/** Lines as they are stored, for readers who want no DEBUG ones. */
export const storedLines = (run: string): string => `
  SELECT run_log.seq, run_log.at, run_log.level, run_log.code, run_log.message, run_log.person, run_log.person_id,
    run_log.contact_id
  FROM run_log
  WHERE ${from(run)} AND ${contains('run_log.message', 'run_log.person')}
  ORDER BY run_log.seq LIMIT $6`;

const actions = Object.values(ChangeAction).filter((action) => action !== 'SKIP');

/** What core's changeLine says of a change, in SQL. */
const perAction = (reason: string | null, of: (line: ReturnType<typeof changeLine>) => string): string =>
  `CASE contact_change.action ${actions
    .map((action) => `WHEN '${action}' THEN '${of(changeLine({ action, contactName: '%1$s', reason }))}'`)
    .join(' ')} END`;
const message = (reason: string | null): string => perAction(reason, (line) => line.message);

/** The applied changes that a row stands for, numbered as its lines are. */
const changes = (run: string): string => `
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

/** All lines, the changes in their places. */
export const changeLines = (run: string): string => `
  SELECT coalesce(change.seq, run_log.seq) AS seq, run_log.at, run_log.level, coalesce(change.code, run_log.code) AS code,
    coalesce(change.message, run_log.message) AS message, coalesce(change.person, run_log.person) AS person,
    coalesce(change.person_id, run_log.person_id) AS person_id, coalesce(change.contact_id, run_log.contact_id) AS contact_id
  FROM run_log LEFT JOIN LATERAL (${changes(run)}) AS change ON run_log.first_position IS NOT NULL
  WHERE ${from(run)} AND coalesce(change.seq, run_log.seq) > $3
    AND ${contains('coalesce(change.message, run_log.message)', 'coalesce(change.person, run_log.person)')}
  ORDER BY run_log.seq, change.seq LIMIT $6`;
