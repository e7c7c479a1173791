import { Field, InputType, ObjectType, registerEnumType } from 'type-graphql';
import { ScopeMatch, ScopeOperator } from '../../core/connection.ts';

const nullable = true;

registerEnumType(ScopeMatch, {
  name: 'ScopeMatch',
  description: 'How many of the rules a person has to meet.',
  valuesConfig: { ALL: { description: 'Every rule.' }, ANY: { description: 'At least one rule.' } },
});

registerEnumType(ScopeOperator, {
  name: 'ScopeOperator',
  description: 'How a rule compares. Case does not matter, as in directories.',
  valuesConfig: {
    EQUALS: { description: 'The attribute has the given value.' },
    NOT_EQUALS: { description: 'The attribute does not have the given value.' },
    IN: { description: 'The attribute has one of the given values.' },
    NOT_IN: { description: 'The attribute has none of the given values.' },
    STARTS_WITH: { description: 'A value of the attribute begins with a given text.' },
    ENDS_WITH: { description: 'A value of the attribute ends with a given text.' },
    CONTAINS: { description: 'A value of the attribute contains a given text.' },
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

  @Field(() => [String], { description: 'The values to compare with; empty for EXISTS and NOT_EXISTS.' })
  values!: string[];
}

@ObjectType('Scope', {
  description:
    'Which people are included. A person must be in one of the groups (if there are any), meet the rules, match the filter, and not be left out by an exclude.',
  simpleResolvers: true,
})
export class ScopeType {
  @Field(() => [String], {
    description:
      'The groups, by DN or by a name that only one group has; a person must be in at least one of them. Empty when groups do not matter.',
  })
  groups!: string[];

  @Field(() => Boolean, {
    description:
      'Whether members of groups inside the groups, and inside the excluded groups, count too, on any level.',
  })
  nestedGroups!: boolean;

  @Field(() => [String], {
    description: 'Groups whose members are left out, by DN or by a name that only one group has.',
  })
  excludeGroups!: string[];

  @Field(() => [String], {
    description: 'DNs below a base DN: people there are left out. Empty when nobody is left out by place.',
  })
  excludeBaseDns!: string[];

  @Field(() => ScopeMatch, { description: 'Whether a person has to meet all rules or any one of them.' })
  match!: ScopeMatch;

  @Field(() => [ScopeRuleType], { description: 'Conditions on attributes; may be empty.' })
  rules!: ScopeRuleType[];

  @Field(() => String, {
    nullable: true,
    description: "A filter in the source's own language, e.g. an LDAP filter (RFC 4515).",
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

  @Field(() => [String], { nullable, description: 'The values to compare with; none for EXISTS and NOT_EXISTS.' })
  values?: string[] | null;
}

@InputType('ScopeInput', {
  description:
    'Which people are included. For a new connection, a member that is left out gets its default. In an edit it stays as it is.',
})
export class ScopeInput {
  @Field(() => [String], {
    nullable,
    description:
      'The groups, by DN or by a name that only one group has; a person must be in at least one of them. Empty when groups do not matter.',
  })
  groups?: string[] | null;

  @Field(() => Boolean, {
    nullable,
    description:
      'Whether members of groups inside the groups, and inside the excluded groups, count too, on any level.',
  })
  nestedGroups?: boolean | null;

  @Field(() => [String], {
    nullable,
    description:
      'Groups whose members are left out, by DN or by a name that only one group has. A group that is not there fails the run, so that nobody comes in by a renamed group.',
  })
  excludeGroups?: string[] | null;

  @Field(() => [String], {
    nullable,
    description:
      'DNs below a base DN: people there are left out. A DN that is not there fails the run, so that nobody comes in by a renamed place.',
  })
  excludeBaseDns?: string[] | null;

  @Field(() => ScopeMatch, { nullable, description: 'Whether a person has to meet all rules or any one of them.' })
  match?: ScopeMatch | null;

  @Field(() => [ScopeRuleInput], { nullable, description: 'Conditions on attributes.' })
  rules?: ScopeRuleInput[] | null;

  @Field(() => String, {
    nullable,
    description: "A filter in the source's own language, e.g. an LDAP filter (RFC 4515).",
  })
  filter?: string | null;

  @Field(() => Boolean, { nullable, description: 'Whether people whose account is disabled are included.' })
  includeDisabled?: boolean | null;

  @Field(() => Boolean, { nullable, description: 'Whether people without an email are left out.' })
  requireEmail?: boolean | null;
}
