import { type ClassType, createUnionType, Field, InputType } from 'type-graphql';
import type { SourceKind, SourceSettings } from '../../core/connection.ts';
import type { StoredFile } from '../../core/stored-files.ts';
import { CsvSettingsInput, CsvSettingsType } from './csv-settings.type.ts';
import { LdapSettingsInput, LdapSettingsType } from './ldap-settings.type.ts';

const nullable = true;

@InputType('SourceInput', { description: 'The settings of a source. Give exactly one member; it decides the kind.' })
export class SourceInput {
  @Field(() => LdapSettingsInput, { nullable, description: 'An LDAP directory.' })
  ldap?: LdapSettingsInput | null;

  @Field(() => LdapSettingsInput, { nullable, description: 'An Active Directory.' })
  activeDirectory?: LdapSettingsInput | null;

  @Field(() => CsvSettingsInput, { nullable, description: 'A CSV file.' })
  csv?: CsvSettingsInput | null;
}

/** How the API represents a kind of source. */
type SourceApi = {
  /** The member of `SourceInput` that takes its settings and secrets. */
  member: keyof SourceInput;
  /** The type that shows its settings. For each secret `x` it has a flag `hasX`. */
  type: ClassType<object>;
};

const sourceApis: Record<SourceKind, SourceApi> = {
  LDAP: { member: 'ldap', type: LdapSettingsType },
  ACTIVE_DIRECTORY: { member: 'activeDirectory', type: LdapSettingsType },
  CSV: { member: 'csv', type: CsvSettingsType },
};

const kinds = Object.keys(sourceApis) as SourceKind[];

export function memberOf(kind: SourceKind): keyof SourceInput {
  return sourceApis[kind].member;
}

/** The source in an input: its kind, its member of `SourceInput`, and its settings with secrets. */
export type GivenSource = { kind: SourceKind; member: keyof SourceInput; given: SourceSettings };

/** Finds the one member of a source input; @oneOf makes sure that there is exactly one. */
export function givenSource(source: SourceInput): GivenSource {
  for (const kind of kinds) {
    const member = memberOf(kind);
    const given = source[member];
    if (given) return { kind, member, given: { ...given } };
  }
  throw new Error('The source that was given has no kind.');
}

/** What the schema's `SourceSettings` shows: settings, a flag for each secret, and facts about the file. */
export type ShownSettings = SourceSettings & { kind: SourceKind };

export function showSettings(
  kind: SourceKind,
  settings: SourceSettings,
  { secrets, stored, file }: { secrets: readonly string[]; stored: readonly string[]; file: StoredFile | null },
): ShownSettings {
  const flags = secrets.map((name) => [`has${name.charAt(0).toUpperCase()}${name.slice(1)}`, stored.includes(name)]);
  return { ...settings, ...Object.fromEntries(flags), ...shownFile(file), kind };
}

function shownFile(file: StoredFile | null) {
  return {
    hasFile: file !== null,
    fileName: file?.name ?? null,
    fileUploadedAt: file?.uploadedAt ?? null,
    fileBytes: file?.bytes ?? null,
  };
}

export const SourceSettingsUnion = createUnionType({
  name: 'SourceSettings',
  description: 'The settings of a source; the type depends on the kind.',
  types: () => [...new Set(Object.values(sourceApis).map(({ type }) => type))],
  resolveType: (shown) => sourceApis[(shown as ShownSettings).kind].type,
});
