import { Field, ObjectType } from 'type-graphql';

@ObjectType('Schedule', { description: 'A five-field cron expression in the given IANA time zone.' })
export class ScheduleType {
  @Field(() => String, { description: 'Minute, hour, day of the month, month, day of the week.' })
  cron!: string;

  @Field(() => String, { description: 'The IANA time zone in which it is meant.' })
  timeZone!: string;
}
