import { Field, ObjectType } from 'type-graphql';
import { userErrorCodes } from '../../core/user-error.ts';

/** The options of the field `userErrors` in each payload. */
export const toBeMended = { description: 'The errors to fix; empty when the change was made.' };

@ObjectType('UserError', {
  description: 'A mistake that the user can fix. When there is one, nothing has been changed.',
  simpleResolvers: true,
})
export class UserErrorType {
  @Field(() => [String], {
    nullable: true,
    description:
      'The path into the arguments, e.g. ["input", "source", "ldap", "urls", "0"]; null when the error is about the whole input.',
  })
  field!: string[] | null;

  @Field(() => String, {
    description: `For programs: what is wrong. One of ${userErrorCodes.join(', ')}; others may be added.`,
  })
  code!: string;

  @Field(() => String, { description: 'For people: what is wrong and what to do.' })
  message!: string;
}
