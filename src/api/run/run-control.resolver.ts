import { Arg, Ctx, Field, ID, Mutation, ObjectType, Resolver } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import type { RunRecord } from '../../core/records.ts';
import { Needs } from '../access/check-access.ts';
import { type ApiContext, actorOf } from '../api-context.ts';
import { toBeMended, UserErrorType } from '../error/user-error.type.ts';
import { StartRunMode } from './run.enums.ts';
import { RunType } from './run.type.ts';
import { type DecisionAnswer, decisionAnswer, type StartAnswer, startAnswer, startRequest } from './run-control.ts';

@ObjectType('StartRunPayload', { description: 'The answer of `startRun`.', simpleResolvers: true })
export class StartRunPayload {
  @Field(() => RunType, {
    nullable: true,
    description: "The run that was queued, or the connection's run that has not ended yet.",
  })
  run!: RunType | null;

  @Field(() => Boolean, { description: 'Whether the connection already had a run that has not ended.' })
  alreadyRunning!: boolean;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('StartAllRunsPayload', { description: 'The answer of `startAllRuns`.', simpleResolvers: true })
export class StartAllRunsPayload {
  @Field(() => [RunType], { description: 'One run for each Enabled connection.' })
  runs!: RunType[];

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('CancelRunPayload', { description: 'The answer of `cancelRun`.', simpleResolvers: true })
export class CancelRunPayload {
  @Field(() => RunType, { nullable: true, description: 'The run. A run in progress ends as CANCELLED a moment later.' })
  run!: RunType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('ApproveRunPayload', { description: 'The answer of `approveRun`.', simpleResolvers: true })
export class ApproveRunPayload {
  @Field(() => RunType, { nullable: true, description: 'The run; its plan is now being applied.' })
  run!: RunType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('RejectRunPayload', { description: 'The answer of `rejectRun`.', simpleResolvers: true })
export class RejectRunPayload {
  @Field(() => RunType, { nullable: true, description: 'The run, which has now ended.' })
  run!: RunType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('RevertRunPayload', { description: 'The answer of `revertRun`.', simpleResolvers: true })
export class RevertRunPayload {
  @Field(() => RunType, { nullable: true, description: 'The run that was queued to take the other one back.' })
  run!: RunType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@Resolver()
export class RunControlResolver {
  @Needs(Permission.CONTACT_SYNC_MANAGE)
  @Mutation(() => RevertRunPayload, {
    nullable: true,
    description:
      'Queues a run that takes back what run `id` changed, contact by contact; a contact that changed again since is left alone and logged. It has its own plan, check, log and history, is HELD like other runs, and can be taken back, too. A run whose connection is deleted is taken back without its links. Until a person approves it or changes the settings of the connection, a later run that would make the same changes again is HELD.',
  })
  async revertRun(
    @Arg('id', () => ID, { description: "The run's id." }) id: string,
    @Ctx() { runner, viewer }: ApiContext,
  ): Promise<DecisionAnswer> {
    return decisionAnswer(await runner.revertRun(viewer.workspaceId, id, actorOf(viewer)));
  }

  @Needs(Permission.CONTACT_SYNC_MANAGE)
  @Mutation(() => StartRunPayload, {
    nullable: true,
    description:
      'Queues a run, which reads, plans, checks and applies. A connection has at most one run that has not ended; starting another returns that run and `alreadyRunning`. A Draft can only be run dry. With `dryRun` the run ends after the plan. With `review` it always stops at HELD, so that a person can look at the plan first.',
  })
  async startRun(
    @Ctx() { runner, viewer }: ApiContext,
    @Arg('connectionId', () => ID, { description: "The connection's id." }) connectionId: string,
    @Arg('mode', () => StartRunMode, {
      nullable: true,
      defaultValue: StartRunMode.AUTO,
      description: 'How much of the source to read.',
    })
    mode?: StartRunMode | null,
    @Arg('dryRun', () => Boolean, {
      nullable: true,
      defaultValue: false,
      description: 'End after the plan; nothing is applied.',
    })
    dryRun?: boolean | null,
    @Arg('review', () => Boolean, { nullable: true, defaultValue: false, description: 'Stop at HELD after the plan.' })
    review?: boolean | null,
  ): Promise<StartAnswer> {
    const request = startRequest({ mode, dryRun, review }, actorOf(viewer));
    return startAnswer(await runner.startRun(viewer.workspaceId, connectionId, request));
  }

  @Needs(Permission.CONTACT_SYNC_MANAGE)
  @Mutation(() => StartAllRunsPayload, {
    nullable: true,
    description: 'Queues a run of each Enabled connection of the workspace.',
  })
  async startAllRuns(
    @Ctx() { runner, viewer }: ApiContext,
    @Arg('mode', () => StartRunMode, {
      nullable: true,
      defaultValue: StartRunMode.AUTO,
      description: 'How much of the source to read.',
    })
    mode?: StartRunMode | null,
  ): Promise<{ runs: RunRecord[]; userErrors: [] }> {
    const request = { mode: mode ?? StartRunMode.AUTO, by: actorOf(viewer) };
    return { runs: await runner.startAllRuns(viewer.workspaceId, request), userErrors: [] };
  }

  @Needs(Permission.CONTACT_SYNC_MANAGE)
  @Mutation(() => CancelRunPayload, {
    nullable: true,
    description: 'Stops a run that has not ended, within a second or two. What it has already applied stays.',
  })
  async cancelRun(
    @Arg('id', () => ID, { description: "The run's id." }) id: string,
    @Ctx() { runner, viewer }: ApiContext,
  ): Promise<DecisionAnswer> {
    return decisionAnswer(await runner.cancelRun(viewer.workspaceId, id, actorOf(viewer)));
  }

  @Needs(Permission.CONTACT_SYNC_MANAGE)
  @Mutation(() => ApproveRunPayload, {
    nullable: true,
    description:
      'Applies the plan of a HELD run exactly as `changes` shows it. A contact that has changed since the plan was made is left alone, and the log says so.',
  })
  async approveRun(
    @Arg('id', () => ID, { description: "The run's id." }) id: string,
    @Ctx() { runner, viewer }: ApiContext,
  ): Promise<DecisionAnswer> {
    return decisionAnswer(await runner.approveRun(viewer.workspaceId, id, actorOf(viewer)));
  }

  @Needs(Permission.CONTACT_SYNC_MANAGE)
  @Mutation(() => RejectRunPayload, {
    nullable: true,
    description: 'Ends a HELD run without applying its plan.',
  })
  async rejectRun(
    @Arg('id', () => ID, { description: "The run's id." }) id: string,
    @Ctx() { runner, viewer }: ApiContext,
  ): Promise<DecisionAnswer> {
    return decisionAnswer(await runner.rejectRun(viewer.workspaceId, id, actorOf(viewer)));
  }
}
