import { AppError } from '../../core/app-error.ts';
import { LogLevel } from '../../core/run.ts';
import type { LogBatch } from '../../core/runner-port.ts';
import type { ApiContext } from '../api-context.ts';
import { found } from '../error/not-found.ts';

type LogArgs = { runId: string; after?: number | null; minLevel?: LogLevel | null };

/** The `seq` that a log is read after; 0: from its first line. AppError BAD_USER_INPUT for one that no line can have. */
export function startOfLog(after: number | null | undefined): number {
  if (after === null || after === undefined) return 0;
  if (isSeq(after)) return after;
  throw new AppError('BAD_USER_INPUT', `\`after\` takes 0 to ${LARGEST_SEQ}, the \`seq\` of a line.`);
}

const LARGEST_SEQ = 2 ** 31 - 1;
export const isSeq = (after: number): boolean => Number.isInteger(after) && after >= 0 && after <= LARGEST_SEQ;

/** AppError NOT_FOUND. */
export async function followLog({
  args,
  context: { runner, store, viewer, signal },
}: {
  args: LogArgs;
  context: ApiContext;
}): Promise<AsyncIterable<LogBatch>> {
  const run = found((await store.runsByIds([args.runId]))[0], 'run');
  const after = startOfLog(args.after);
  const minLevel = args.minLevel ?? LogLevel.INFO;
  return runner.followLog(viewer.workspaceId, run.id, after, minLevel, signal);
}
