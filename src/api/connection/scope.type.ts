import { Field, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { ScopeMatch, ScopeOperator } from '../../core/connection.ts';

const nullable = true;

registerEnumType(ScopeMatch, {
  name: 'ScopeMatch',
  description: 'How many of the rules have to be met.',
  valuesConfig: { ALL: { description: 'Every rule.' }, ANY: { description: 'At least one rule.' } },
});

registerEnumType(ScopeOperator, {
  name: 'ScopeOperator',
  description: 'Compared without case, as directories do.',
  valuesConfig: {
    EQUALS: { description: 'A value of the attribute is the given one.' },
    NOT_EQUALS: { description: 'No value of the attribute is the given one.' },
    IN: { description: 'A value of the attribute is one of the given ones.' },
    NOT_IN: { description: 'No value of the attribute is one of the given ones.' },
    STARTS_WITH: { description: 'A value of the attribute begins with the given text.' },
    ENDS_WITH: { description: 'A value of the attribute ends with the given text.' },
    CONTAINS: { description: 'A value of the attribute contains the given text.' },
    EXISTS: { description: 'The attribute has a value.' },
    NOT_EXISTS: { description: 'The attribute has no value.' },
  },
});

@ObjectType('ScopeRule', { description: 'A condition on one attribute.', simpleResolvers: true })
export class ScopeRuleType {
  @Field(() => String, { description: "The attribute's name in the source." })
  attribute!: string;

  @Field(() => ScopeOperator, { description: 'How it is compared.' })
  operator!: ScopeOperator;

  @Field(() => [String], { description: 'With what; empty for EXISTS and NOT_EXISTS.' })
  values!: string[];
}

@ObjectType('Scope', {
  description:
    'Who is included: in one of the groups (when any are named), and meeting the rules, and meeting the filter.',
  simpleResolvers: true,
})
export class ScopeType {
  @Field(() => [String], { description: 'Groups by DN; being in one of them is enough. Empty: no matter which.' })
  groups!: string[];

  @Field(() => Boolean, {
    description: 'Whether members of groups within the groups count. Not supported yet: always false.',
  })
  nestedGroups!: boolean;

  @Field(() => ScopeMatch, { description: 'Whether all rules or any one have to be met.' })
  match!: ScopeMatch;

  @Field(() => [ScopeRuleType], { description: 'Conditions on attributes. Empty: none.' })
  rules!: ScopeRuleType[];

  @Field(() => String, {
    nullable: true,
    description: "The source's own filter language, e.g. an RFC 4515 LDAP filter.",
  })
  filter!: string | null;

  @Field(() => Boolean, { description: 'Whether people whose account is disabled are included.' })
  includeDisabled!: boolean;

  @Field(() => Boolean, { description: 'Whether people without an email are left out.' })
  requireEmail!: boolean;
}

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
