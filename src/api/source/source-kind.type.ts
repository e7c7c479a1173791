import { Ctx, Field, ObjectType, Query, Resolver, registerEnumType } from 'type-graphql';
import { Permission } from '../../core/access.ts';
import { SourceKind } from '../../core/connection.ts';
import { SettingType, type SourceKindInfo } from '../../core/source-kind.ts';
import { Needs } from '../access/check-access.ts';
import type { ApiContext } from '../api-context.ts';
import { FieldMappingType } from '../connection/field-mapping.type.ts';
import { ScopeType } from '../connection/scope.type.ts';

const descriptions: Record<SourceKind, string> = {
  LDAP: 'Any LDAP directory: OpenLDAP, 389 Directory Server, FreeIPA, eDirectory and others.',
  ACTIVE_DIRECTORY: 'Microsoft Active Directory, or a Samba domain controller.',
  CSV: 'A CSV file, uploaded or fetched from an https:// address.',
};

registerEnumType(SourceKind, {
  name: 'SourceKind',
  description: 'The kinds of source that can be read.',
  valuesConfig: Object.fromEntries(Object.entries(descriptions).map(([kind, description]) => [kind, { description }])),
});

export { SourceKind };

registerEnumType(SettingType, {
  name: 'SettingType',
  description: 'How a form asks for a setting.',
  valuesConfig: {
    TEXT: { description: 'A line of text.' },
    NUMBER: { description: 'A whole number.' },
    BOOLEAN: { description: 'Yes or no.' },
    SECRET: { description: 'Text that is never sent back.' },
    CHOICE: { description: 'One of `options`.' },
    MULTILINE: { description: 'Several lines; for a list, one entry each.' },
  },
});

@ObjectType('SettingInfo', { description: 'One setting of a source, as a form shows it.', simpleResolvers: true })
export class SettingInfoType {
  @Field(() => String, { description: "Its name in the source's input." })
  name!: string;

  @Field(() => String, { description: 'What a form calls it.' })
  label!: string;

  @Field(() => String, { description: 'What a form says about it.' })
  help!: string;

  @Field(() => SettingType, { description: 'How a form asks for it.' })
  type!: SettingType;

  @Field(() => Boolean, { description: 'Whether a connection needs it.' })
  required!: boolean;

  @Field(() => Boolean, { description: 'Seldom needed: a form may fold it away.' })
  advanced!: boolean;

  @Field(() => String, { nullable: true, description: 'What it is when left out, as text; null: nothing.' })
  default!: string | null;

  @Field(() => [String], { nullable: true, description: 'What to choose from, or suggestions.' })
  options!: readonly string[] | null;
}

@ObjectType('SourceKindInfo', {
  description: 'A kind of source, its settings form, and what a new connection starts with.',
  simpleResolvers: true,
})
export class SourceKindInfoType {
  @Field(() => SourceKind, { description: 'The kind.' })
  kind!: SourceKind;

  @Field(() => String, { description: 'Its name for people.' })
  label!: string;

  @Field(() => String, { description: 'What it is for.' })
  description!: string;

  @Field(() => [SettingInfoType], { description: 'The settings, in the order of a form.' })
  settings!: readonly SettingInfoType[];

  @Field(() => ScopeType, { description: 'The scope of a connection that gives none.' })
  defaultScope!: ScopeType;

  @Field(() => [FieldMappingType], { description: 'The mappings of a connection that gives none.' })
  defaultMappings!: FieldMappingType[];
}

@Resolver(() => SourceKindInfoType)
export class SourceKindInfoResolver {
  @Needs(Permission.CONTACT_SYNC_VIEW)
  @Query(() => [SourceKindInfoType], {
    nullable: true,
    description: 'The kinds of source that this server can read, with the settings form each one needs.',
  })
  sourceKinds(@Ctx() { sources }: ApiContext): readonly SourceKindInfo[] {
    return sources.kinds();
  }
}
