import { LogLevel } from '../../core/run.ts';
import type { LogBatch } from '../../core/runner-port.ts';
import type { ApiContext } from '../api-context.ts';
import { found } from '../error/not-found.ts';
import { stoppable } from '../stream/stoppable.ts';

type LogArgs = { runId: string; after?: number | null; minLevel?: LogLevel | null };

/** The `seq` that a log stream goes on from. */
export const startOfLog = (after: number | null | undefined): number => Math.max(after ?? 0, 0);

/** AppError NOT_FOUND. */
export async function followLog({
  args,
  context: { runner, store, viewer, resumeAfter },
}: {
  args: LogArgs;
  context: ApiContext;
}): Promise<AsyncIterable<LogBatch>> {
  const run = found((await store.runsByIds([args.runId]))[0], 'run');
  const after = resumeAfter ?? startOfLog(args.after);
  const minLevel = args.minLevel ?? LogLevel.INFO;
  return stoppable((signal) => runner.followLog(viewer.workspaceId, run.id, after, minLevel, signal));
}
