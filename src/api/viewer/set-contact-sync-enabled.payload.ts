import { Field, ObjectType } from 'type-graphql';
import { UserErrorType } from '../error/user-error.type.ts';
import { ViewerType } from './viewer.type.ts';

@ObjectType('SetContactSyncEnabledPayload', { description: 'The answer of `setContactSyncEnabled`.' })
export class SetContactSyncEnabledPayload {
  @Field(() => ViewerType, { nullable: true, description: 'Who asked, with the workspace as it is now.' })
  viewer!: ViewerType | null;

  @Field(() => [UserErrorType], { description: 'What is to be mended; empty when it was done.' })
  userErrors!: UserErrorType[];
}
