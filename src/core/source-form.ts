import type { FieldMapping, Scope, SourceKind } from './connection.ts';

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
