import { Field, InputType, Int } from 'type-graphql';
import { RemovalAction } from '../../core/connection.ts';

@InputType('RemovalPolicyInput', { description: 'What is left out has its default, or stays as it is saved.' })
export class RemovalPolicyInput {
  @Field(() => RemovalAction, { nullable: true, description: 'DEACTIVATE unless given.' })
  action?: RemovalAction | null;

  @Field(() => Int, { nullable: true, description: '0 unless given.' })
  graceDays?: number | null;

  @Field(() => Int, { nullable: true, description: '10 unless given, or 2 people where fewer than 20 are fed.' })
  maxPercent?: number | null;

  @Field(() => Int, { nullable: true, description: 'No such limit unless given.' })
  maxCount?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "How many percent of the connection's active contacts with a value in one field a run may empty before it is HELD (at least 20 of them); 30 where it was never given. null switches it off.",
  })
  maxEmptiedPercent?: number | null;
}
