import { Field, InputType, Int } from 'type-graphql';
import { ConnectionStatus, MatchBy } from '../../core/connection.ts';
import { SourceInput } from '../source/source.type.ts';
import { FieldMappingInput } from './field-mapping.type.ts';
import { RemovalPolicyInput } from './removal-policy.type.ts';
import { ScheduleInput } from './schedule.type.ts';
import { ScopeInput } from './scope.type.ts';

const nullable = true;

@InputType('CreateConnectionInput', {
  description: 'A new connection. A member that is left out or null gets its default.',
})
export class CreateConnectionInput {
  @Field(() => String, { description: 'Its name; blanks at both ends are removed.' })
  name!: string;

  @Field(() => String, { nullable, description: 'What it is for.' })
  description?: string | null;

  @Field(() => ConnectionStatus, { nullable, defaultValue: 'DRAFT', description: 'Whether it may change contacts.' })
  status?: ConnectionStatus | null;

  @Field(() => SourceInput, { description: 'Where people come from.' })
  source!: SourceInput;

  @Field(() => ScopeInput, {
    nullable,
    description: 'Which people are included; by default, the default scope of the kind.',
  })
  scope?: ScopeInput | null;

  @Field(() => [FieldMappingInput], {
    nullable,
    description: 'How contact fields are filled; by default, the default mappings of the kind.',
  })
  mappings?: FieldMappingInput[] | null;

  @Field(() => RemovalPolicyInput, { nullable, description: 'What happens to contacts whose person is gone.' })
  removal?: RemovalPolicyInput | null;

  @Field(() => ScheduleInput, { nullable, description: 'When it runs by itself; by default, never.' })
  schedule?: ScheduleInput | null;

  @Field(() => Boolean, {
    nullable,
    description: 'Whether changes in the source start runs by themselves; by default, false. Not for CSV.',
  })
  continuous?: boolean | null;

  @Field(() => Int, {
    nullable,
    description: 'After how many hours AUTO makes a full run again, 1 to 8760; by default, 24.',
  })
  fullEvery?: number | null;

  @Field(() => Boolean, {
    nullable,
    description: "Whether people's photos are fetched, too; by default, false. Not for CSV.",
  })
  photo?: boolean | null;

  @Field(() => MatchBy, { nullable, description: 'How people are matched to contacts; by default, PRIMARY_EMAIL.' })
  matchBy?: MatchBy | null;

  @Field(() => Int, {
    nullable,
    description: 'When several connections fill one field, the lowest number wins; by default, 100.',
  })
  priority?: number | null;
}

@InputType('UpdateConnectionInput', {
  description:
    'What an edit changes. A member that is left out stays as it is. Objects are merged member by member; lists are replaced. Null restores the default: `schedule: null` removes the schedule, `bindPassword: null` removes the password, `maxEmptiedPercent: null` removes the limit.',
})
export class UpdateConnectionInput {
  @Field(() => String, { nullable, description: 'Its name; blanks at both ends are removed.' })
  name?: string | null;

  @Field(() => String, { nullable, description: 'What it is for.' })
  description?: string | null;

  @Field(() => ConnectionStatus, { nullable, description: 'Whether it may change contacts.' })
  status?: ConnectionStatus | null;

  @Field(() => SourceInput, { nullable, description: "Where people come from; the kind can't be changed." })
  source?: SourceInput | null;

  @Field(() => ScopeInput, { nullable, description: 'Which people are included.' })
  scope?: ScopeInput | null;

  @Field(() => [FieldMappingInput], {
    nullable,
    description: 'How contact fields are filled; the list replaces all mappings.',
  })
  mappings?: FieldMappingInput[] | null;

  @Field(() => RemovalPolicyInput, { nullable, description: 'What happens to contacts whose person is gone.' })
  removal?: RemovalPolicyInput | null;

  @Field(() => ScheduleInput, { nullable, description: 'When it runs by itself; null for never.' })
  schedule?: ScheduleInput | null;

  @Field(() => Boolean, {
    nullable,
    description: 'Whether changes in the source start runs by themselves. Not for CSV.',
  })
  continuous?: boolean | null;

  @Field(() => Int, { nullable, description: 'After how many hours AUTO makes a full run again, 1 to 8760.' })
  fullEvery?: number | null;

  @Field(() => Boolean, {
    nullable,
    description:
      "Whether people's photos are fetched, too. False removes those that this connection has brought. Not for CSV.",
  })
  photo?: boolean | null;

  @Field(() => MatchBy, { nullable, description: 'How people are matched to contacts.' })
  matchBy?: MatchBy | null;

  @Field(() => Int, { nullable, description: 'When several connections fill one field, the lowest number wins.' })
  priority?: number | null;
}
