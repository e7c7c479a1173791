import { AppError } from '../../core/app-error.ts';
import { pageOfLog } from '../../core/page-limits.ts';
import { LogLevel } from '../../core/run.ts';
import type { ApiContext } from '../api-context.ts';
import { firstOf } from '../list/page.ts';
import { searchArgument } from '../list/text-arguments.ts';
import type { LogPage } from './log.type.ts';

type Asked = { after?: number | null; minLevel?: LogLevel | null; search?: string | null; first?: number | null };

/**
 * Reads a page of a run's stored lines; logs with the same arguments are read together. Throws AppError BAD_USER_INPUT
 * for an `after` that is no line's number.
 */
export async function readLog(runId: string, asked: Asked, { loaders }: ApiContext): Promise<LogPage> {
  const { lines, lastSeq, hasMore } = await loaders.log(runId, {
    after: startOfLog(asked.after),
    minLevel: asked.minLevel ?? LogLevel.INFO,
    search: searchArgument(asked.search),
    first: firstOf(asked.first, pageOfLog),
  });
  return { nodes: lines, lastSeq, hasMore };
}

/**
 * The `seq` after which a log is read; 0 means from the first line. Throws AppError BAD_USER_INPUT when it is no line's
 * number.
 */
export function startOfLog(after: number | null | undefined): number {
  if (after === null || after === undefined) return 0;
  if (isSeq(after)) return after;
  throw new AppError('BAD_USER_INPUT', `\`after\` takes 0 to ${LARGEST_SEQ}, the \`seq\` of a line.`);
}

const LARGEST_SEQ = 2 ** 31 - 1;
export function isSeq(after: number): boolean {
  return Number.isInteger(after) && after >= 0 && after <= LARGEST_SEQ;
}
