import { Field, ObjectType } from 'type-graphql';
import { UserErrorType } from '../error/user-error.type.ts';
import { RunType } from './run.type.ts';

const toBeMended = { description: 'What is to be mended; empty when it was done.' };

@ObjectType('StartRunPayload', { description: 'The answer of `startRun`.', simpleResolvers: true })
export class StartRunPayload {
  @Field(() => RunType, { nullable: true, description: 'The run that was queued, or the one that has not ended yet.' })
  run!: RunType | null;

  @Field(() => Boolean, { description: 'Whether there was a run already that has not ended.' })
  alreadyRunning!: boolean;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('StartAllRunsPayload', { description: 'The answer of `startAllRuns`.', simpleResolvers: true })
export class StartAllRunsPayload {
  @Field(() => [RunType], { description: 'The run of each Enabled connection.' })
  runs!: RunType[];

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('CancelRunPayload', { description: 'The answer of `cancelRun`.', simpleResolvers: true })
export class CancelRunPayload {
  @Field(() => RunType, { nullable: true, description: 'The run; one at work ends as CANCELLED a moment later.' })
  run!: RunType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('ApproveRunPayload', { description: 'The answer of `approveRun`.', simpleResolvers: true })
export class ApproveRunPayload {
  @Field(() => RunType, { nullable: true, description: 'The run, whose plan is now applied.' })
  run!: RunType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('RejectRunPayload', { description: 'The answer of `rejectRun`.', simpleResolvers: true })
export class RejectRunPayload {
  @Field(() => RunType, { nullable: true, description: 'The run, which has ended.' })
  run!: RunType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}
