import type { NewLogLine } from '../../core/run.ts';
import { type Attempt, fenced, key } from './attempt.ts';
import { reportIn } from './report.ts';

/** Drops what an earlier attempt staged, and moves the run to CONNECTING. */
export const begin = (attempt: Attempt, lines: readonly NewLogLine[]): Promise<void> =>
  fenced(attempt, async (client) => {
    await client.query('DELETE FROM contact_change WHERE workspace_id = $1 AND run_id = $2', key(attempt));
    await reportIn(client, attempt, { phase: 'CONNECTING', progress: null, lines });
  });
