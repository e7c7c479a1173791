import type { LogQuery, LogSlice } from '../../core/store.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Query } from '../query.ts';
import { type LogRow, logParameters, logStatement, toSlice } from './read-log.ts';

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
