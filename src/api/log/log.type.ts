import { Field, ID, Int, ObjectType, registerEnumType } from 'type-graphql';
import { LogLevel, RunStatus } from '../../core/run.ts';

registerEnumType(LogLevel, {
  name: 'LogLevel',
  description: 'How important a line is.',
  valuesConfig: {
    DEBUG: { description: 'One applied change.' },
    INFO: { description: 'Phases, totals and progress.' },
    WARN: { description: 'A person who was skipped, or something that a person should look at.' },
    ERROR: { description: 'A person or the run failed.' },
  },
});

export { LogLevel };

@ObjectType('LogLine', { description: "A line of a run's log.", simpleResolvers: true })
export class LogLineType {
  @Field(() => Int, { description: "The line's number in the run: 1, 2, 3, ... without gaps." })
  seq!: number;

  @Field(() => Date, { description: 'When it was written.' })
  at!: Date;

  @Field(() => LogLevel, { description: 'How important it is.' })
  level!: LogLevel;

  @Field(() => String, { description: 'For programs: what it is about.' })
  code!: string;

  @Field(() => String, { description: 'For people: what happened.' })
  message!: string;

  @Field(() => String, { nullable: true, description: "The person's name in the source (for LDAP, the DN)." })
  person!: string | null;

  @Field(() => String, { nullable: true, description: "The person's stable id." })
  personId!: string | null;

  @Field(() => ID, { nullable: true, description: 'The contact that the line is about.' })
  contactId!: string | null;
}

@ObjectType('LogPage', { description: "A page of a run's log.", simpleResolvers: true })
export class LogPage {
  @Field(() => [LogLineType], { description: 'The lines, oldest first.' })
  nodes!: LogLineType[];

  @Field(() => Int, {
    description:
      'The `seq` of the newest line read, including lines that were filtered out. Pass it as `after` to continue.',
  })
  lastSeq!: number;

  @Field(() => Boolean, { description: 'Whether more lines are stored now.' })
  hasMore!: boolean;
}

@ObjectType('LogBatch', { description: "New lines of a run's log.", simpleResolvers: true })
export class LogBatchType {
  @Field(() => ID, { description: 'The run.' })
  runId!: string;

  @Field(() => RunStatus, { description: "The run's status." })
  runStatus!: RunStatus;

  @Field(() => [LogLineType], { description: 'The lines, oldest first.' })
  lines!: LogLineType[];

  @Field(() => Int, {
    description:
      'The `seq` of the newest line read, including lines that were filtered out. Pass it as `after` to continue.',
  })
  lastSeq!: number;
}
