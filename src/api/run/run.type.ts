import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { PageInfo } from '../list/page.ts';
import { ActorType } from '../viewer/actor.type.ts';
import { RunMode, RunPhase, RunStatus, RunTrigger } from './run.enums.ts';

@ObjectType('RunCounts', {
  description:
    'inScope = created + updated + linked + reactivated + unchanged + skipped + failed. Dry, HELD or REJECTED: what the plan says; otherwise what was applied.',
  simpleResolvers: true,
})
export class RunCountsType {
  @Field(() => Int, { description: 'Distinct people the source delivered.' })
  read!: number;

  @Field(() => Int, { description: 'Those the scope lets in.' })
  inScope!: number;

  @Field(() => Int, { description: 'New contacts.' })
  created!: number;

  @Field(() => Int, { description: 'Contacts with fields that changed.' })
  updated!: number;

  @Field(() => Int, { description: 'People who are as they were.' })
  unchanged!: number;

  @Field(() => Int, { description: 'Matched to a contact that this connection did not feed before.' })
  linked!: number;

  @Field(() => Int, { description: 'Contacts deactivated, because their person is gone.' })
  deactivated!: number;

  @Field(() => Int, { description: 'Contacts whose person came back.' })
  reactivated!: number;

  @Field(() => Int, { description: 'Contacts deleted, because their person is gone.' })
  deleted!: number;

  @Field(() => Int, { description: 'In scope, but left alone, each with a log line saying why.' })
  skipped!: number;

  @Field(() => Int, { description: 'People for whom something went wrong, each with a log line.' })
  failed!: number;
}

@ObjectType('ExclusionCount', {
  description: 'How many people the scope left out for one reason.',
  simpleResolvers: true,
})
export class ExclusionCountType {
  @Field(() => String, { description: 'For programs: why.' })
  reason!: string;

  @Field(() => Int, { description: 'How many.' })
  count!: number;
}

@ObjectType('RunError', {
  description:
    'Why a run ended without success. Codes: CONNECT: UNREACHABLE, TLS_FAILED, BIND_REFUSED, BASE_DN_NOT_FOUND, ADDRESS_NOT_ALLOWED. READ: TIMEOUT, CONNECTION_LOST, SIZE_LIMIT, TIME_LIMIT, PAGING_REFUSED, SERVER_BUSY, INCOMPLETE_READ, INVALID_RESPONSE, FILTER_REFUSED. Others are added as sources come.',
  simpleResolvers: true,
})
export class RunErrorType {
  @Field(() => String, { description: 'For programs: what happened.' })
  code!: string;

  @Field(() => String, { description: 'For people: what happened.' })
  message!: string;

  @Field(() => String, { nullable: true, description: 'What to do about it.' })
  hint!: string | null;
}

@ObjectType('Run', { description: 'One reading of a source, and what came of it.' })
export class RunType {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => String, { description: 'Its name when the run was started.' })
  connectionName!: string;

  @Field(() => Int, { description: "The connection's version that the run used." })
  connectionVersion!: number;

  @Field(() => RunMode, { nullable: true, description: 'What AUTO came to; null until it is settled.' })
  mode!: RunMode | null;

  @Field(() => Boolean, { description: 'Whether it ends after the plan.' })
  dryRun!: boolean;

  @Field(() => RunTrigger, { description: 'What started it.' })
  trigger!: RunTrigger;

  @Field(() => ActorType, { description: 'Who started it.' })
  startedBy!: ActorType;

  @Field(() => RunStatus, { description: 'How it stands.' })
  status!: RunStatus;

  @Field(() => RunPhase, { description: 'What it is doing.' })
  phase!: RunPhase;

  @Field(() => RunCountsType, { description: 'How many people, by what became of them.' })
  counts!: RunCountsType;

  @Field(() => Float, { nullable: true, description: '0..1 while the total is known, otherwise null.' })
  progress!: number | null;

  @Field(() => Date, { description: 'When it was asked for.' })
  queuedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When work on it began.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it ended.' })
  finishedAt!: Date | null;

  @Field(() => RunErrorType, { nullable: true, description: 'Why it FAILED.' })
  error!: RunErrorType | null;

  @Field(() => [String], { description: 'Why the run is, was, or (dry) would be HELD.' })
  holdReasons!: string[];

  @Field(() => ActorType, { nullable: true, description: 'Who approved or rejected it.' })
  decidedBy!: ActorType | null;

  @Field(() => Date, { nullable: true, description: 'When it was approved or rejected.' })
  decidedAt!: Date | null;
}

@ObjectType('RunPage', { description: 'A page of runs.', simpleResolvers: true })
export class RunPage {
  @Field(() => [RunType], { description: 'The runs, newest first.' })
  nodes!: RunType[];

  @Field(() => PageInfo, { description: 'Where the page ends.' })
  pageInfo!: PageInfo;

  @Field(() => Int, { description: 'How many there are on all pages.' })
  totalCount!: number;
}
