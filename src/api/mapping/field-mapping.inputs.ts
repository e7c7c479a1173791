import { Field, InputType } from 'type-graphql';
import { MappingPolicy, Transform, WhenEmpty } from '../../core/connection.ts';
import { ContactField } from './contact-field.enum.ts';

const nullable = true;

@InputType('FieldMappingInput', {
  description: 'How one contact field is filled: exactly one of `attributes`, `template` and `value`.',
})
export class FieldMappingInput {
  @Field(() => ContactField, { description: 'The field that is filled.' })
  field!: ContactField;

  @Field(() => String, { nullable, description: 'For EMAIL and PHONE: the label, e.g. work, mobile, home.' })
  label?: string | null;

  @Field(() => [String], { nullable, description: 'Attributes of the source; the first with a value wins.' })
  attributes?: string[] | null;

  @Field(() => String, { nullable, description: "A Liquid template over the person's attributes." })
  template?: string | null;

  @Field(() => String, { nullable, description: 'The same text for everybody.' })
  value?: string | null;

  @Field(() => [Transform], {
    nullable,
    description: 'What is done to the value, in this order; nothing unless given.',
  })
  transforms?: Transform[] | null;

  @Field(() => MappingPolicy, { nullable, description: 'When the field may be written; ALWAYS unless given.' })
  policy?: MappingPolicy | null;

  @Field(() => WhenEmpty, {
    nullable,
    description: 'What happens when the directory has no value; CLEAR unless given.',
  })
  whenEmpty?: WhenEmpty | null;
}
