import { Field, ID, ObjectType } from 'type-graphql';
import { UserErrorType } from '../error/user-error.type.ts';
import { ConnectionType } from './connection.type.ts';
import { ConnectionTestType } from './connection-test.type.ts';

const toBeMended = { description: 'What is to be mended; empty when it was done.' };

@ObjectType('CreateConnectionPayload', { description: 'The answer of `createConnection`.', simpleResolvers: true })
export class CreateConnectionPayload {
  @Field(() => ConnectionType, { nullable: true, description: 'The new connection.' })
  connection!: ConnectionType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('UpdateConnectionPayload', { description: 'The answer of `updateConnection`.', simpleResolvers: true })
export class UpdateConnectionPayload {
  @Field(() => ConnectionType, { nullable: true, description: 'The connection as it is now saved.' })
  connection!: ConnectionType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('DeleteConnectionPayload', { description: 'The answer of `deleteConnection`.', simpleResolvers: true })
export class DeleteConnectionPayload {
  @Field(() => ID, { nullable: true, description: 'The id of the connection that is gone.' })
  deletedId!: string | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}

@ObjectType('TestConnectionPayload', { description: 'The answer of `testConnection`.', simpleResolvers: true })
export class TestConnectionPayload {
  @Field(() => ConnectionTestType, { nullable: true, description: 'What came of the test; null when it was not made.' })
  result!: ConnectionTestType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}
