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
  description: 'The kind of form field for a setting.',
  valuesConfig: {
    TEXT: { description: 'A line of text.' },
    NUMBER: { description: 'A whole number.' },
    BOOLEAN: { description: 'Yes or no.' },
    SECRET: { description: 'Text that is never sent back.' },
    CHOICE: { description: 'One of `options`.' },
    MULTILINE: { description: 'Several lines; a list has one entry per line.' },
  },
});

@ObjectType('SettingInfo', { description: 'One setting of a source, as a form shows it.', simpleResolvers: true })
export class SettingInfoType {
  @Field(() => String, { description: "Its name in the source's input." })
  name!: string;

  @Field(() => String, { description: 'The label in a form.' })
  label!: string;

  @Field(() => String, { description: 'The help text in a form.' })
  help!: string;

  @Field(() => SettingType, { description: 'The kind of form field.' })
  type!: SettingType;

  @Field(() => Boolean, { description: 'Whether a connection needs it.' })
  required!: boolean;

  @Field(() => Boolean, { description: 'Whether it is seldom needed, so that a form may hide it at first.' })
  advanced!: boolean;

  @Field(() => String, { nullable: true, description: 'The default as text; null when there is none.' })
  default!: string | null;

  @Field(() => [String], { nullable: true, description: 'The choices, or suggestions.' })
  options!: readonly string[] | null;
}

@ObjectType('SourceKindInfo', {
  description: 'A kind of source, with its settings form and the defaults of a new connection.',
  simpleResolvers: true,
})
export class SourceKindInfoType {
  @Field(() => SourceKind, { description: 'The kind.' })
  kind!: SourceKind;

  @Field(() => String, { description: 'Its name for people.' })
  label!: string;

  @Field(() => String, { description: 'What it is for.' })
  description!: string;

  @Field(() => [SettingInfoType], { description: 'The settings, in the order for a form.' })
  settings!: readonly SettingInfoType[];

  @Field(() => ScopeType, { description: 'The scope of a new connection for which none is given.' })
  defaultScope!: ScopeType;

  @Field(() => [FieldMappingType], { description: 'The mappings of a new connection for which none are given.' })
  defaultMappings!: FieldMappingType[];
}

@Resolver(() => SourceKindInfoType)
export class SourceKindInfoResolver {
  @Needs(Permission.CONTACT_SYNC_VIEW)
  @Query(() => [SourceKindInfoType], {
    nullable: true,
    description: 'The kinds of source that this server can read, each with the form for its settings.',
  })
  sourceKinds(@Ctx() { sources }: ApiContext): readonly SourceKindInfo[] {
    return sources.kinds();
  }
}
