import { Field, ObjectType } from 'type-graphql';
import type { WatchRecord } from '../../core/records.ts';
import { RunErrorType } from '../run/run.type.ts';

@ObjectType('WatchState', {
  description: 'How the watch of a `continuous` connection stands.',
  simpleResolvers: true,
})
export class WatchStateType {
  @Field(() => Boolean, { description: 'Whether a worker watches the source now.' })
  watching!: boolean;

  @Field(() => Date, { nullable: true, description: 'Since when it is watched without a break; null when it is not.' })
  since!: Date | null;

  @Field(() => Date, { nullable: true, description: 'When the watch last heard of a change; null for never.' })
  lastChangeAt!: Date | null;

  @Field(() => RunErrorType, {
    nullable: true,
    description:
      'Why it is not watched, although it should be. It is tried again by itself; after BIND_REFUSED once an hour at most, or after an edit. WATCH_LIMIT: too many connections are watched. WATCH_NOT_POSSIBLE: the server neither tells of changes nor shows when entries were changed.',
  })
  error!: WatchRecord['error'];
}

/** The state to show. Null: the connection has never been watched. */
export function watchState(watch: WatchRecord | null): WatchStateType {
  const { since, lastChangeAt, error } = watch ?? { since: null, lastChangeAt: null, error: null };
  return { watching: since !== null, since, lastChangeAt, error };
}
