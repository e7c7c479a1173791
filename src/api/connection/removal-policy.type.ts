import { Field, InputType, Int, ObjectType, registerEnumType } from 'type-graphql';
import { RemovalAction } from '../../core/connection.ts';
import { defaultMaxPercent, defaultRemoval, fewestEmptied, smallConnection } from '../../core/removal-limits.ts';

registerEnumType(RemovalAction, {
  name: 'RemovalAction',
  description: 'What happens to contacts whose person has left the source or the scope.',
  valuesConfig: {
    KEEP: { description: 'They stay as they are.' },
    DEACTIVATE: {
      description: 'They become INACTIVE and lose portal access. Both come back when the person comes back.',
    },
    DELETE: { description: 'They are deleted.' },
  },
});

@ObjectType('RemovalPolicy', {
  description:
    "What happens to contacts whose person has left the source or the scope, and after how many days. It also limits how many contacts may newly go, or lose a field's value, in one run; above a limit the run is HELD.",
  simpleResolvers: true,
})
export class RemovalPolicyType {
  @Field(() => RemovalAction, { description: 'What happens to these contacts.' })
  action!: RemovalAction;

  @Field(() => Int, { description: 'Days of absence before the action is taken.' })
  graceDays!: number;

  @Field(() => Int, {
    description: `The most percent of the connection's active contacts that may newly go in one run. While it was never set and the connection feeds fewer than ${smallConnection.fewerThan} contacts, ${smallConnection.mayGo} of them may go.`,
  })
  maxPercent!: number;

  @Field(() => Int, {
    nullable: true,
    description:
      'The most contacts that may newly go in one run, in addition to the percentage; null for no such limit.',
  })
  maxCount!: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `The most percent of active contacts for which a run may empty one field; above it the run is HELD. Only contacts with a value in the field count, and fewer than ${fewestEmptied} emptied contacts do not hold a run, unless the source no longer has anything that fills the field (a column of a file). Fields that no mapping fills are not checked. Null when the limit is off.`,
  })
  maxEmptiedPercent!: number | null;
}

@InputType('RemovalPolicyInput', {
  description: 'For a new connection, a member that is left out gets its default. In an edit it stays as it is.',
})
export class RemovalPolicyInput {
  @Field(() => RemovalAction, {
    nullable: true,
    description: `What happens to these contacts; by default, ${defaultRemoval.action}.`,
  })
  action?: RemovalAction | null;

  @Field(() => Int, {
    nullable: true,
    description: `Days of absence before the action is taken; by default, ${defaultRemoval.graceDays}.`,
  })
  graceDays?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `The most percent of the connection's active contacts that may newly go in one run; by default, ${defaultMaxPercent}. While it was never set and the connection feeds fewer than ${smallConnection.fewerThan} contacts, ${smallConnection.mayGo} of them may go.`,
  })
  maxPercent?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: 'The most contacts that may newly go in one run; by default, there is no such limit.',
  })
  maxCount?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: `The most percent of active contacts for which a run may empty one field; above it the run is HELD. Only contacts with a value in the field count, and fewer than ${fewestEmptied} emptied contacts do not hold a run, unless the source no longer has anything that fills the field (a column of a file). By default, ${defaultRemoval.maxEmptiedPercent}; null switches the limit off.`,
  })
  maxEmptiedPercent?: number | null;
}
