import { Field, ID, ObjectType, registerEnumType } from 'type-graphql';
import { ActorKind } from '../../core/access.ts';

registerEnumType(ActorKind, {
  name: 'ActorKind',
  description: 'What kind of actor did something.',
  valuesConfig: {
    MEMBER: { description: 'A team member.' },
    SERVICE: { description: 'The service itself, for example a schedule.' },
  },
});

@ObjectType('Actor', {
  description: 'Who did something: a team member, or the service itself (for example, a schedule).',
  simpleResolvers: true,
})
export class ActorType {
  @Field(() => ActorKind, { description: 'What kind of actor it is.' })
  kind!: ActorKind;

  @Field(() => ID, { nullable: true, description: "The person's id; null for the service." })
  id!: string | null;

  @Field(() => String, { description: 'Their name at that time.' })
  name!: string;
}
