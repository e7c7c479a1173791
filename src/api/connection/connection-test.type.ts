import { Field, Int, ObjectType, registerEnumType } from 'type-graphql';
import type { CheckStatus as Status } from '../../core/source-session.ts';
import { toBeMended, UserErrorType } from '../error/user-error.type.ts';

export const CheckStatus = { OK: 'OK', WARN: 'WARN', FAIL: 'FAIL', SKIPPED: 'SKIPPED' } as const satisfies {
  [status in Status]: status;
};

registerEnumType(CheckStatus, {
  name: 'CheckStatus',
  description: 'How a check came out.',
  valuesConfig: {
    OK: { description: 'As it should be.' },
    WARN: { description: 'It works, but somebody should look at it.' },
    FAIL: { description: 'It does not work.' },
    SKIPPED: { description: 'Not tried, because something before it failed or it does not apply.' },
  },
});

@ObjectType('ConnectionCheck', {
  description:
    'One finding about the source: certificate and its expiry, server kind, paging and value-range limits, which id attribute is readable, entries found, duplicate emails, clock difference, ...',
  simpleResolvers: true,
})
export class ConnectionCheckType {
  @Field(() => String, { description: 'What was looked at.' })
  name!: string;

  @Field(() => CheckStatus, { description: 'How it came out.' })
  status!: Status;

  @Field(() => String, { description: 'What was found.' })
  detail!: string;

  @Field(() => String, { nullable: true, description: 'What to do about it.' })
  advice!: string | null;
}

@ObjectType('ConnectionTest', { description: 'What came of connecting and reading one entry.', simpleResolvers: true })
export class ConnectionTestType {
  @Field(() => Boolean, { description: 'Whether a run could read this source.' })
  ok!: boolean;

  @Field(() => String, {
    nullable: true,
    description: 'UNREACHABLE, TLS_FAILED, BIND_REFUSED, BASE_DN_NOT_FOUND, TIMEOUT, ...; null when it went well.',
  })
  code!: string | null;

  @Field(() => String, { description: 'What happened, for people.' })
  message!: string;

  @Field(() => String, { nullable: true, description: 'What to do about it.' })
  hint!: string | null;

  @Field(() => String, { nullable: true, description: 'Whom it reached.' })
  server!: string | null;

  @Field(() => Int, { nullable: true, description: 'Milliseconds until the first entry was there.' })
  latencyMs!: number | null;

  @Field(() => [ConnectionCheckType], { description: 'The findings, in the order they were made.' })
  checks!: ConnectionCheckType[];
}

@ObjectType('TestConnectionPayload', { description: 'The answer of `testConnection`.', simpleResolvers: true })
export class TestConnectionPayload {
  @Field(() => ConnectionTestType, { nullable: true, description: 'What came of the test; null when it was not made.' })
  result!: ConnectionTestType | null;

  @Field(() => [UserErrorType], toBeMended)
  userErrors!: UserErrorType[];
}
