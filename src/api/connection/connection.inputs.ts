import { Field, InputType, Int } from 'type-graphql';
import { ConnectionStatus, MatchBy } from '../../core/connection.ts';
import { SourceInput } from '../source/source.type.ts';
import { FieldMappingInput } from './field-mapping.type.ts';
import { RemovalPolicyInput } from './removal-policy.type.ts';
import { ScheduleInput } from './schedule.type.ts';
import { ScopeInput } from './scope.type.ts';

const nullable = true;

@InputType('CreateConnectionInput', { description: 'A new connection. What is left out, or null, has its default.' })
export class CreateConnectionInput {
  @Field(() => String, { description: 'Its name; blanks around it are dropped.' })
  name!: string;

  @Field(() => String, { nullable, description: 'What it is for.' })
  description?: string | null;

  @Field(() => ConnectionStatus, { nullable, defaultValue: 'DRAFT', description: 'Whether it may change contacts.' })
  status?: ConnectionStatus | null;

  @Field(() => SourceInput, { description: 'Where people come from.' })
  source!: SourceInput;

  @Field(() => ScopeInput, { nullable, description: "Who is included; the kind's default scope unless given." })
  scope?: ScopeInput | null;

  @Field(() => [FieldMappingInput], {
    nullable,
    description: "How fields are filled; the kind's default mappings unless given.",
  })
  mappings?: FieldMappingInput[] | null;

  @Field(() => RemovalPolicyInput, { nullable, description: 'What happens to contacts whose person is gone.' })
  removal?: RemovalPolicyInput | null;

  @Field(() => ScheduleInput, { nullable, description: 'When it runs by itself; never unless given.' })
  schedule?: ScheduleInput | null;

  @Field(() => MatchBy, { nullable, description: 'PRIMARY_EMAIL unless given.' })
  matchBy?: MatchBy | null;

  @Field(() => Int, { nullable, description: 'Lower wins a field that several connections fill; 100 unless given.' })
  priority?: number | null;
}

@InputType('UpdateConnectionInput', {
  description:
    'What is left out stays as it is; objects are merged member by member, lists are replaced, null restores the default (`schedule: null`: no schedule; `bindPassword: null`: no password; `maxEmptiedPercent: null`: no such limit).',
})
export class UpdateConnectionInput {
  @Field(() => String, { nullable, description: 'Its name; blanks around it are dropped.' })
  name?: string | null;

  @Field(() => String, { nullable, description: 'What it is for.' })
  description?: string | null;

  @Field(() => ConnectionStatus, { nullable, description: 'Whether it may change contacts.' })
  status?: ConnectionStatus | null;

  @Field(() => SourceInput, { nullable, description: 'Where people come from; the kind can not change.' })
  source?: SourceInput | null;

  @Field(() => ScopeInput, { nullable, description: 'Who is included.' })
  scope?: ScopeInput | null;

  @Field(() => [FieldMappingInput], { nullable, description: 'How fields are filled: all of it.' })
  mappings?: FieldMappingInput[] | null;

  @Field(() => RemovalPolicyInput, { nullable, description: 'What happens to contacts whose person is gone.' })
  removal?: RemovalPolicyInput | null;

  @Field(() => ScheduleInput, { nullable, description: 'When it runs by itself; null: never.' })
  schedule?: ScheduleInput | null;

  @Field(() => MatchBy, { nullable, description: 'How people are matched to contacts.' })
  matchBy?: MatchBy | null;

  @Field(() => Int, { nullable, description: 'Lower wins a field that several connections fill.' })
  priority?: number | null;
}
