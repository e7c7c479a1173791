import { AppError } from './app-error.ts';
import { type FieldMapping, type Scope, SourceKind } from './connection.ts';

export const SettingType = {
  TEXT: 'TEXT',
  NUMBER: 'NUMBER',
  BOOLEAN: 'BOOLEAN',
  SECRET: 'SECRET',
  CHOICE: 'CHOICE',
  MULTILINE: 'MULTILINE',
} as const;
export type SettingType = (typeof SettingType)[keyof typeof SettingType];

/** One setting of a source, as a form shows it. `name` is the setting's name in the source's input. */
export type SettingInfo = {
  name: string;
  label: string;
  help: string;
  type: SettingType;
  required: boolean;
  /** Seldom needed: a form may fold it away. */
  advanced: boolean;
  /** As text, e.g. `1000` or `true`; what a connection gets that leaves the setting out. Null: nothing. */
  default: string | null;
  /** For CHOICE, or as suggestions. */
  options: readonly string[] | null;
};

/** A kind of source: its settings form, and what a new connection of it starts with. */
export type SourceKindInfo = {
  kind: SourceKind;
  label: string;
  description: string;
  settings: readonly SettingInfo[];
  /** Names of its secrets; each is a setting of type SECRET. */
  secrets: readonly string[];
  /** Whether files can be uploaded for its connections. */
  takesFile: boolean;
  defaultScope: Scope;
  defaultMappings: FieldMapping[];
};

/** A kind of source as it is stored. Throws AppError UNKNOWN_KIND for one that this release does not have. */
export function sourceKindOf(stored: string): SourceKind {
  if (isSourceKind(stored)) return stored;
  throw new AppError('UNKNOWN_KIND', `This release can't read sources of kind "${stored}".`, {
    hint: 'Another release has saved the connection. Update every process of the service, or make the connection anew.',
  });
}

function isSourceKind(text: string): text is SourceKind {
  return Object.hasOwn(SourceKind, text);
}
