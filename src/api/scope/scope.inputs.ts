import { Field, InputType } from 'type-graphql';
import { ScopeMatch, ScopeOperator } from '../../core/connection.ts';

const nullable = true;

@InputType('ScopeRuleInput', { description: 'A condition on one attribute.' })
export class ScopeRuleInput {
  @Field(() => String, { description: "The attribute's name in the source." })
  attribute!: string;

  @Field(() => ScopeOperator, { description: 'How it is compared.' })
  operator!: ScopeOperator;

  @Field(() => [String], { nullable, description: 'With what; nothing for EXISTS and NOT_EXISTS.' })
  values?: string[] | null;
}

@InputType('ScopeInput', {
  description: 'Who is included. What is left out has its default, or stays as it is saved.',
})
export class ScopeInput {
  @Field(() => [String], { nullable, description: 'Groups by DN; being in one of them is enough.' })
  groups?: string[] | null;

  @Field(() => Boolean, { nullable, description: 'Not supported yet: true is refused.' })
  nestedGroups?: boolean | null;

  @Field(() => ScopeMatch, { nullable, description: 'Whether all rules or any one have to be met.' })
  match?: ScopeMatch | null;

  @Field(() => [ScopeRuleInput], { nullable, description: 'Conditions on attributes.' })
  rules?: ScopeRuleInput[] | null;

  @Field(() => String, { nullable, description: "The source's own filter language, e.g. an RFC 4515 LDAP filter." })
  filter?: string | null;

  @Field(() => Boolean, { nullable, description: 'Include people whose account is disabled.' })
  includeDisabled?: boolean | null;

  @Field(() => Boolean, { nullable, description: 'Leave out people without an email.' })
  requireEmail?: boolean | null;
}
