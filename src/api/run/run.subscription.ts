import { Arg, ID, Resolver, Root, Subscription } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import type { RunRecord } from '../../core/records.ts';
import { Needs } from '../access/needs.ts';
import { followProgress, followRuns } from './follow-runs.ts';
import { RunType } from './run.type.ts';

@Resolver()
export class RunSubscription {
  @Needs(Permission.CONTACT_SYNC_VIEW)
  @Subscription(() => RunType, {
    nullable: true,
    description:
      "The run's current state at once, then at each change (at most about four a second); completes after the state of an ended run.",
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
    description: 'Every run of the workspace (or of one connection) as it changes state or makes progress.',
    subscribe: followRuns,
  })
  runsChanged(
    @Root() run: RunRecord,
    @Arg('connectionId', () => ID, { nullable: true, description: 'Only those of this connection.' }) _id?:
      | string
      | null,
  ): RunRecord {
    return run;
  }
}
