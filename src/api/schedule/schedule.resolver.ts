import { Arg, Ctx, FieldResolver, Int, Resolver, Root } from 'type-graphql';
import { AppError } from '../../core/app-error.ts';
import type { Schedule } from '../../core/connection.ts';
import type { ApiContext } from '../api-context.ts';
import { ScheduleType } from './schedule.type.ts';

const MOST_TIMES = 100;

@Resolver(() => ScheduleType)
export class ScheduleResolver {
  @FieldResolver(() => [Date], { description: 'The next times of the schedule from now, in order.' })
  nextTimes(
    @Root() schedule: Schedule,
    @Ctx() { runner }: ApiContext,
    @Arg('count', () => Int, { nullable: true, defaultValue: 5, description: `How many, up to ${MOST_TIMES}.` })
    count: number | null,
  ): Date[] {
    const wanted = count ?? 5;
    if (wanted < 0 || wanted > MOST_TIMES) throw new AppError('BAD_USER_INPUT', `\`count\` takes 0 to ${MOST_TIMES}.`);
    return runner.nextTimes(schedule, wanted, new Date());
  }
}
