import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { LogLevel, RunStatus } from '../../core/run.ts';

registerEnumType(LogLevel, {
  name: 'LogLevel',
  description: 'How much a line matters.',
  valuesConfig: {
    DEBUG: { description: 'One applied change.' },
    INFO: { description: 'Phases, totals, and how far the run is.' },
    WARN: { description: 'A person who was skipped, or something that somebody should look at.' },
    ERROR: { description: 'A person, or the run, that failed.' },
  },
});

export { LogLevel };

@ObjectType('LogLine', { description: "A line of a run's log.", simpleResolvers: true })
export class LogLineType {
  @Field(() => Int, { description: 'Counts 1, 2, 3, ... within the run, without gaps.' })
  seq!: number;

  @Field(() => Date, { description: 'When it was written.' })
  at!: Date;

  @Field(() => LogLevel, { description: 'How much it matters.' })
  level!: LogLevel;

  @Field(() => String, { description: 'For programs: what it is about.' })
  code!: string;

  @Field(() => String, { description: 'For people: what happened.' })
  message!: string;

  @Field(() => String, { nullable: true, description: 'The person, as the source names them (a DN).' })
  person!: string | null;

  @Field(() => String, { nullable: true, description: "The person's stable id." })
  personId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The contact that it is about.' })
  contactId!: string | null;
}

@ObjectType('LogPage', { description: "A page of a run's log.", simpleResolvers: true })
export class LogPage {
  @Field(() => [LogLineType], { description: 'The lines, oldest first.' })
  nodes!: LogLineType[];

  @Field(() => Int, { description: 'Of the newest line looked at, filtered out or not: the `after` to go on from.' })
  lastSeq!: number;

  @Field(() => Boolean, { description: 'Whether there are more lines now.' })
  hasMore!: boolean;
}

@ObjectType('LogBatch', { description: "Lines of a run's log, as they come.", simpleResolvers: true })
export class LogBatchType {
  @Field(() => ID, { description: 'The run.' })
  runId!: string;

  @Field(() => RunStatus, { description: 'How the run stands.' })
  runStatus!: RunStatus;

  @Field(() => [LogLineType], { description: 'The lines, oldest first.' })
  lines!: LogLineType[];

  @Field(() => Int, { description: 'Of the newest line looked at, filtered out or not: the `after` to go on from.' })
  lastSeq!: number;
}
