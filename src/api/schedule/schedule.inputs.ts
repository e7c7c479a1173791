import { Field, InputType } from 'type-graphql';

@InputType('ScheduleInput', { description: 'A five-field cron expression in the given IANA time zone.' })
export class ScheduleInput {
  @Field(() => String, { description: 'Minute, hour, day of the month, month, day of the week.' })
  cron!: string;

  @Field(() => String, { description: 'The IANA time zone in which it is meant.' })
  timeZone!: string;
}
