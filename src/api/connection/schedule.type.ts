import { Arg, Ctx, Field, FieldResolver, InputType, Int, ObjectType, Resolver, Root } from 'type-graphql';
import { AppError } from '../../core/app-error.ts';
import type { Schedule } from '../../core/connection.ts';
import type { ApiContext } from '../api-context.ts';

@ObjectType('Schedule', {
  description: 'When a connection runs by itself: a five-field cron expression in an IANA time zone.',
})
export class ScheduleType {
  @Field(() => String, { description: 'Minute, hour, day of the month, month, day of the week.' })
  cron!: string;

  @Field(() => String, { description: 'The IANA time zone of the expression.' })
  timeZone!: string;
}

@InputType('ScheduleInput', {
  description: 'When a connection runs by itself: a five-field cron expression in an IANA time zone.',
})
export class ScheduleInput {
  @Field(() => String, { description: 'Minute, hour, day of the month, month, day of the week.' })
  cron!: string;

  @Field(() => String, { description: 'The IANA time zone of the expression.' })
  timeZone!: string;
}

const MOST_TIMES = 100;

@Resolver(() => ScheduleType)
export class ScheduleResolver {
  @FieldResolver(() => [Date], { description: 'The next times of the schedule, in order.' })
  nextTimes(
    @Root() schedule: Schedule,
    @Ctx() { runner }: ApiContext,
    @Arg('count', () => Int, {
      nullable: true,
      defaultValue: 5,
      description: `How many times to return, up to ${MOST_TIMES}.`,
    })
    count: number | null,
  ): Date[] {
    const wanted = count ?? 5;
    if (wanted < 0 || wanted > MOST_TIMES) throw new AppError('BAD_USER_INPUT', `\`count\` takes 0 to ${MOST_TIMES}.`);
    return runner.nextTimes(schedule, wanted, new Date());
  }
}
