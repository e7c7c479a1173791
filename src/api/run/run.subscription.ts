import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import type { RunRecord } from '../../core/records.ts';
import { Needs } from '../access/check-access.ts';
import type { ApiContext } from '../api-context.ts';
import { found } from '../error/not-found.ts';
import { RunType } from './run.type.ts';

/** Throws AppError NOT_FOUND for an unknown run. */
async function followProgress({
  args,
  context: { runner, store, viewer, signal },
}: {
  args: { runId: string };
  context: ApiContext;
}): Promise<AsyncIterable<RunRecord>> {
  const run = found((await store.runsByIds([args.runId]))[0], 'run');
  return runner.followProgress(viewer.workspaceId, run.id, signal);
}

/** Throws AppError NOT_FOUND for an unknown connection. */
async function followRuns({
  args,
  context: { runner, loaders, viewer, signal },
}: {
  args: { connectionId?: string | null };
  context: ApiContext;
}): Promise<AsyncIterable<RunRecord>> {
  const id = args.connectionId ?? null;
  const connection = id === null ? null : found(await loaders.connection(id), 'connection');
  return runner.followRuns(viewer.workspaceId, connection?.id ?? null, signal);
}

@Resolver()
export class RunSubscription {
  @Needs(Permission.CONTACT_SYNC_VIEW)
  @Subscription(() => RunType, {
    nullable: true,
    description:
      "A run's current state at once, then its new state after each change, at most about four times a second. Completes after the state of an ended run.",
    subscribe: followProgress,
  })
  runProgress(
    @Root() run: RunRecord,
    @Arg('runId', () => ID, { description: "The run's id." }) _id: string,
  ): RunRecord {
    return run;
  }

  @Needs(Permission.CONTACT_SYNC_VIEW)
  @Subscription(() => RunType, {
    nullable: true,
    description: 'The runs of the workspace, or of one connection, each time one changes its state or makes progress.',
    subscribe: followRuns,
  })
  runsChanged(
    @Root() run: RunRecord,
    @Arg('connectionId', () => ID, { nullable: true, description: 'Only runs of this connection.' }) _id?:
      | string
      | null,
  ): RunRecord {
    return run;
  }
}
