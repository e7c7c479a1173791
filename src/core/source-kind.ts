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

/** One setting of a source, for a form. `name` is the setting's name in the source's input. */
export type SettingInfo = {
  name: string;
  label: string;
  help: string;
  type: SettingType;
  required: boolean;
  /** Seldom needed, so a form may hide it at first. */
  advanced: boolean;
  /** The value when a connection leaves the setting out, as text, e.g. `1000` or `true`. Null: none. */
  default: string | null;
  /** The values of a CHOICE; for other types, suggestions. */
  options: readonly string[] | null;
};

/** A kind of source: its settings form, and the defaults of a new connection. */
export type SourceKindInfo = {
  kind: SourceKind;
  label: string;
  description: string;
  settings: readonly SettingInfo[];
  /** The names of its secrets. Each is a setting of type SECRET. */
  secrets: readonly string[];
  /** Whether files can be uploaded for its connections. */
  takesFile: boolean;
  /** Whether its connections can be watched, so that a change in the source starts a run. */
  watchable: boolean;
  /** Whether it can have photos of people. */
  hasPhotos: boolean;
  defaultScope: Scope;
  defaultMappings: FieldMapping[];
};

/** Parses a stored kind of source. Throws an AppError UNKNOWN_KIND if this release does not have it. */
export function sourceKindOf(stored: string): SourceKind {
  if (isSourceKind(stored)) return stored;
  throw new AppError('UNKNOWN_KIND', `This release can't read sources of kind "${stored}".`, {
    hint: 'Another release has saved the connection. Update every process of the service, or create the connection again.',
  });
}

function isSourceKind(text: string): text is SourceKind {
  return Object.hasOwn(SourceKind, text);
}
