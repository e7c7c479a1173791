import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { RemovalAction } from '../../core/connection.ts';
import { defaultMaxPercent, defaultRemoval, fewestEmptied, smallConnection } from '../../core/removal-limits.ts';

registerEnumType(RemovalAction, {
  name: 'RemovalAction',
  description: 'What happens to contacts whose person has left the directory or the scope.',
  valuesConfig: {
    KEEP: { description: 'They stay as they are.' },
    DEACTIVATE: { description: 'They become INACTIVE and lose portal access; both come back with the person.' },
    DELETE: { description: 'They are deleted.' },
  },
});

@ObjectType('RemovalPolicy', {
  description:
    'What happens to contacts whose person has left the directory or the scope; after how many days of absence; and how many may newly go, or lose what a field holds, in one run before it is HELD.',
  simpleResolvers: true,
})
export class RemovalPolicyType {
  @Field(() => RemovalAction, { description: 'What happens to them.' })
  action!: RemovalAction;

  @Field(() => Int, { description: 'Days of absence before that happens.' })
  graceDays!: number;

  @Field(() => Int, {
    description: `How many percent of the connection's active contacts may newly go in one run. Where it was never set and the connection feeds fewer than ${smallConnection.fewerThan}, ${smallConnection.mayGo} of them may.`,
  })
  maxPercent!: number;

  @Field(() => Int, { nullable: true, description: 'How many may newly go in one run, whatever the percentage.' })
  maxCount!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `How many percent of the connection's active contacts with a value in one field a run may empty before it is HELD; fewer than ${fewestEmptied} never hold it. A field that the mappings do not name is not counted. null: off.`,
  })
  maxEmptiedPercent!: number | null;
}

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
