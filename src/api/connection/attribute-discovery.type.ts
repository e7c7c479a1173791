import { Field, Int, ObjectType } from 'type-graphql';
import { ContactField } from '../../core/contact.ts';
import { toBeMended, UserErrorType } from '../error/user-error.type.ts';
import { RunErrorType } from '../run/run.type.ts';

@ObjectType('DiscoveredAttribute', {
  description: 'An attribute that sampled people in scope have.',
  simpleResolvers: true,
})
export class DiscoveredAttributeType {
  @Field(() => String, { description: 'Its name, as the source writes it.' })
  name!: string;

  @Field(() => Int, { description: 'How many of the sampled people have a value.' })
  filled!: number;

  @Field(() => Int, { description: 'How many people were sampled.' })
  sampled!: number;

  @Field(() => [String], {
    description:
      'Up to three different values, cut at 80 characters. Bytes that are no text are shown by their number. Empty for passwords and other secrets.',
  })
  samples!: string[];

  @Field(() => Boolean, { description: 'Whether somebody has several values.' })
  multiValued!: boolean;

  @Field(() => ContactField, {
    nullable: true,
    description: 'The contact field that the usual mapping of this kind of server fills with it; null: none.',
  })
  suggestedField!: ContactField | null;
}

@ObjectType('DiscoverAttributesPayload', { description: 'The answer of `discoverAttributes`.', simpleResolvers: true })
export class DiscoverAttributesPayload {
  @Field(() => [DiscoveredAttributeType], {
    nullable: true,
    description: 'At most 500 attributes, those of most people first; null when the source could not be asked.',
  })
  attributes!: DiscoveredAttributeType[] | null;

  @Field(() => RunErrorType, { nullable: true, description: 'Why the source could not be asked.' })
  error!: RunErrorType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}
