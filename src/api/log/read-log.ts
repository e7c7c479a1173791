import { pageOfLog } from '../../core/page-limits.ts';
import { LogLevel } from '../../core/run.ts';
import type { ApiContext } from '../api-context.ts';
import { searchArgument } from '../argument/search-argument.ts';
import { firstOf } from '../page/page-request.ts';
import { startOfLog } from './follow-log.ts';
import type { LogPage } from './log-line.type.ts';

type Asked = { after?: number | null; minLevel?: LogLevel | null; search?: string | null; first?: number | null };

/**
 * A page of a run's stored lines, read together with those of other runs that are asked for alike. AppError
 * BAD_USER_INPUT for an `after` that no line can have.
 */
export async function readLog(runId: string, asked: Asked, { loaders }: ApiContext): Promise<LogPage> {
  const { lines, lastSeq, hasMore } = await loaders.log.load(runId, {
    after: startOfLog(asked.after),
    minLevel: asked.minLevel ?? LogLevel.INFO,
    search: searchArgument(asked.search),
    first: firstOf(asked.first, pageOfLog),
  });
  return { nodes: lines, lastSeq, hasMore };
}
