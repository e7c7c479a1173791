import { Field, Float, ID, Int, ObjectType } from 'type-graphql';
import { PageInfo } from '../list/page.ts';
import { ActorType } from '../viewer/actor.type.ts';
import { RunMode, RunPhase, RunStatus, RunTrigger } from './run.enums.ts';

@ObjectType('RunCounts', {
  description:
    "How many people the run processed, by outcome. inScope = created + updated + linked + reactivated + unchanged + skipped + failed. For a run that is dry, HELD or REJECTED these are the plan's numbers, otherwise the applied ones.",
  simpleResolvers: true,
})
export class RunCountsType {
  @Field(() => Int, { description: 'Distinct people that the source delivered.' })
  read!: number;

  @Field(() => Int, { description: 'People in the scope.' })
  inScope!: number;

  @Field(() => Int, { description: 'Contacts that were created.' })
  created!: number;

  @Field(() => Int, { description: 'Contacts with fields that changed.' })
  updated!: number;

  @Field(() => Int, { description: 'People without any change.' })
  unchanged!: number;

  @Field(() => Int, { description: 'Matched to a contact that this connection did not feed before.' })
  linked!: number;

  @Field(() => Int, { description: 'Contacts deactivated, because their person is gone.' })
  deactivated!: number;

  @Field(() => Int, { description: 'Contacts whose person came back.' })
  reactivated!: number;

  @Field(() => Int, { description: 'Contacts deleted, because their person is gone.' })
  deleted!: number;

  @Field(() => Int, { description: 'People in the scope who were left alone; for each of them a log line says why.' })
  skipped!: number;

  @Field(() => Int, { description: 'People for whom something went wrong; for each of them there is a log line.' })
  failed!: number;
}

@ObjectType('ExclusionCount', {
  description: 'How many people the scope left out for one reason.',
  simpleResolvers: true,
})
export class ExclusionCountType {
  @Field(() => String, { description: 'For programs: the reason.' })
  reason!: string;

  @Field(() => Int, { description: 'The number of people.' })
  count!: number;
}

@ObjectType('RunError', {
  description:
    'Why a run ended without success. Codes when connecting: UNREACHABLE, TLS_FAILED, BIND_REFUSED, BASE_DN_NOT_FOUND, ADDRESS_NOT_ALLOWED. Codes when reading: TIMEOUT, CONNECTION_LOST, SIZE_LIMIT, TIME_LIMIT, PAGING_REFUSED, SERVER_BUSY, INCOMPLETE_READ, INVALID_RESPONSE, FILTER_REFUSED. In previews and explanations also TEMPORARY_TABLES_NOT_ALLOWED, which the people who run the service can mend. New kinds of source may add codes.',
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

@ObjectType('Run', { description: 'One import from a source, and its result.' })
export class RunType {
  @Field(() => ID, { description: 'A UUID.' })
  id!: string;

  @Field(() => String, { description: "The connection's name when the run was started." })
  connectionName!: string;

  @Field(() => Int, { description: "The connection's version that the run used." })
  connectionVersion!: number;

  @Field(() => RunMode, { nullable: true, description: 'How much the run reads; null until it has begun to read.' })
  mode!: RunMode | null;

  @Field(() => String, { nullable: true, description: 'Why this mode, in one sentence.' })
  modeReason!: string | null;

  @Field(() => Boolean, { description: 'Whether the run ends after the plan and applies nothing.' })
  dryRun!: boolean;

  @Field(() => RunTrigger, { description: 'What started it.' })
  trigger!: RunTrigger;

  @Field(() => ActorType, { description: 'Who started it.' })
  startedBy!: ActorType;

  @Field(() => RunStatus, { description: 'Its status.' })
  status!: RunStatus;

  @Field(() => RunPhase, { description: 'What it is doing.' })
  phase!: RunPhase;

  @Field(() => RunCountsType, { description: 'How many people the run processed, by outcome.' })
  counts!: RunCountsType;

  @Field(() => Float, { nullable: true, description: 'The progress from 0 to 1; null while the total is unknown.' })
  progress!: number | null;

  @Field(() => Date, { description: 'When it was queued.' })
  queuedAt!: Date;

  @Field(() => Date, { nullable: true, description: 'When a worker began it.' })
  startedAt!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When it ended.' })
  finishedAt!: Date | null;

  @Field(() => RunErrorType, { nullable: true, description: 'Why the run FAILED.' })
  error!: RunErrorType | null;

  @Field(() => [String], { description: 'Why the run is or was HELD or, if dry, would be.' })
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

  @Field(() => Int, { description: 'The number of items on all pages.' })
  totalCount!: number;
}
