import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { CheckStatus as Status } from '../../core/source-session.ts';
import { toBeMended, UserErrorType } from '../error/user-error.type.ts';

export const CheckStatus = { OK: 'OK', WARN: 'WARN', FAIL: 'FAIL', SKIPPED: 'SKIPPED' } as const satisfies {
  [status in Status]: status;
};

registerEnumType(CheckStatus, {
  name: 'CheckStatus',
  description: 'The result of a check.',
  valuesConfig: {
    OK: { description: 'All is well.' },
    WARN: { description: 'It works, but a person should look at it.' },
    FAIL: { description: 'It does not work.' },
    SKIPPED: { description: 'Not checked, because an earlier check failed or because it does not apply.' },
  },
});

@ObjectType('ConnectionCheck', {
  description:
    'One check of the source. For example: the certificate and its expiry, the kind of server, limits of paging and value ranges, the readable id attribute, entries found, duplicate emails, filled fields, the clock difference. Only what breaks runs is FAIL.',
  simpleResolvers: true,
})
export class ConnectionCheckType {
  @Field(() => String, { description: 'What was checked.' })
  name!: string;

  @Field(() => CheckStatus, { description: 'The result.' })
  status!: Status;

  @Field(() => String, { description: 'What was found.' })
  detail!: string;

  @Field(() => String, { nullable: true, description: 'What to do about it.' })
  advice!: string | null;
}

@ObjectType('ConnectionTest', {
  description: 'The result of connecting to the source and looking at it.',
  simpleResolvers: true,
})
export class ConnectionTestType {
  @Field(() => Boolean, { description: 'Whether a run could read this source.' })
  ok!: boolean;

  @Field(() => String, {
    nullable: true,
    description:
      'For programs: what went wrong, e.g. UNREACHABLE, TLS_FAILED, BIND_REFUSED, BASE_DN_NOT_FOUND, TIMEOUT. Null when the test succeeded.',
  })
  code!: string | null;

  @Field(() => String, { description: 'For people: what happened.' })
  message!: string;

  @Field(() => String, { nullable: true, description: 'What to do about it.' })
  hint!: string | null;

  @Field(() => String, { nullable: true, description: 'The server that was reached.' })
  server!: string | null;

  @Field(() => Int, { nullable: true, description: 'Milliseconds until the first entry arrived.' })
  latencyMs!: number | null;

  @Field(() => [ConnectionCheckType], { description: 'The checks, in the order in which they were made.' })
  checks!: ConnectionCheckType[];
}

@ObjectType('TestConnectionPayload', { description: 'The answer of `testConnection`.', simpleResolvers: true })
export class TestConnectionPayload {
  @Field(() => ConnectionTestType, {
    nullable: true,
    description: 'The result of the test; null when it was not made.',
  })
  result!: ConnectionTestType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}
