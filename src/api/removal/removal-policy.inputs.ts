import { Field, InputType, Int } from 'type-graphql';
import { RemovalAction } from '../../core/connection.ts';
import { defaultMaxPercent, defaultRemoval, fewestEmptied, smallConnection } from '../../core/removal-limits.ts';

@InputType('RemovalPolicyInput', { description: 'What is left out has its default, or stays as it is saved.' })
export class RemovalPolicyInput {
  @Field(() => RemovalAction, { nullable: true, description: `${defaultRemoval.action} unless given.` })
  action?: RemovalAction | null;

  @Field(() => Int, { nullable: true, description: `${defaultRemoval.graceDays} unless given.` })
  graceDays?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `${defaultMaxPercent} unless given, or ${smallConnection.mayGo} people where fewer than ${smallConnection.fewerThan} are fed.`,
  })
  maxPercent?: number | null;

  @Field(() => Int, { nullable: true, description: 'No such limit unless given.' })
  maxCount?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `How many percent of the connection's active contacts with a value in one field a run may empty before it is HELD (at least ${fewestEmptied} of them); ${defaultRemoval.maxEmptiedPercent} where it was never given. null switches it off.`,
  })
  maxEmptiedPercent?: number | null;
}
