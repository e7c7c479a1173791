import type { NewLogLine } from '../../core/run.ts';
import { type Attempt, fenced, key } from './attempt.ts';
import { reportIn } from './report.ts';

/** Drops what an earlier attempt staged. Adds the line unless an earlier attempt has. */
export const begin = (attempt: Attempt, line: NewLogLine): Promise<void> =>
  fenced(attempt, async (client) => {
    await client.query('DELETE FROM plan_row WHERE workspace_id = $1 AND run_id = $2', key(attempt));
    const { rowCount } = await client.query(
      'SELECT FROM run_log WHERE workspace_id = $1 AND run_id = $2 AND code = $3 LIMIT 1',
      [...key(attempt), line.code],
    );
    await reportIn(client, attempt, { progress: null, lines: rowCount === 0 ? [line] : [] });
  });
