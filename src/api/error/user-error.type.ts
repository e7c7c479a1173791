import { Field, ObjectType } from 'type-graphql';
import { userErrorCodes } from '../../core/user-error.ts';

/** The options of a payload's `userErrors`. */
export const toBeMended = { description: 'What is to be mended; empty when it was done.' };

@ObjectType('UserError', {
  description: 'Something that the person at the form can mend. Nothing has been changed then.',
  simpleResolvers: true,
})
export class UserErrorType {
  @Field(() => [String], {
    nullable: true,
    description:
      'The path into the arguments, e.g. ["input", "source", "ldap", "urls", "0"]; null when it is about the whole.',
  })
  field!: string[] | null;

  @Field(() => String, {
    description: `For programs: what is wrong. One of ${userErrorCodes.join(', ')}; others may be added.`,
  })
  code!: string;

  @Field(() => String, { description: 'For people: what is wrong and what to do.' })
  message!: string;
}
