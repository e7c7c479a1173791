import { Arg, ID, Int, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import { LogLevel } from '../../core/run.ts';
import type { LogBatch } from '../../core/runner-port.ts';
import { Needs } from '../access/check-access.ts';
import type { ApiContext } from '../api-context.ts';
import { found } from '../error/not-found.ts';
import { LogBatchType } from './log.type.ts';
import { startOfLog } from './read-log.ts';

type LogArgs = { runId: string; after?: number | null; minLevel?: LogLevel | null };

/** Throws AppError NOT_FOUND for an unknown run. */
async function followLog({
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

@Resolver()
export class LogSubscription {
  @Needs(Permission.CONTACT_SYNC_VIEW)
  @Subscription(() => LogBatchType, {
    nullable: true,
    description:
      "A run's log lines with a `seq` above `after` (0 for all), in order, each exactly once: first the stored lines, then new ones as they come. Completes after the last line of an ended run. After a broken connection, subscribe again with the last `lastSeq` that you received.",
    subscribe: followLog,
  })
  runLog(
    @Root() batch: LogBatch,
    @Arg('runId', () => ID, { description: "The run's id." }) _id: string,
    @Arg('after', () => Int, {
      nullable: true,
      defaultValue: 0,
      description: 'Only lines with a higher `seq` than this.',
    })
    _after?: number | null,
    @Arg('minLevel', () => LogLevel, {
      nullable: true,
      defaultValue: LogLevel.INFO,
      description: 'Only lines of this level and above.',
    })
    _minLevel?: LogLevel | null,
  ): LogBatch {
    return batch;
  }
}
