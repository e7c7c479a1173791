import type { ZodType } from 'zod';
import { AppError } from '../../core/app-error.ts';
import type { Continuation, ReadAdvice } from '../../core/arrivals.ts';
import type { FieldMapping, Scope, Secrets, SourceKind, SourceSettings } from '../../core/connection.ts';
import type { AttributeNames, PersonNames } from '../../core/entry.ts';
import type { SettingInfo, SourceKindInfo } from '../../core/source-kind.ts';
import type { ConnectionTest, OpenOptions, SourceSession } from '../../core/source-session.ts';
import type { WatchOptions } from '../../core/source-watch.ts';
import type { Fault } from '../../core/user-error.ts';

/**
 * The secrets of a source: the names of those that it has, and those that are given now. Stored ones can't be read
 * here. `mayLack`: secrets may be missing, because the connection is a Draft or is only tested.
 */
export type SecretsAtHand = { has: ReadonlySet<string>; given: Secrets; mayLack: boolean };

/**
 * Complete settings, after the source was asked for what they left open. `baseDns`: the places where people are; empty
 * if the kind has none. `idColumn`: the column that identifies people; null if the kind has none. `filter`: for the
 * scope; null: none is needed. `reasons`: sentences for people.
 */
export type Settled<Settings> = {
  settings: Settings;
  baseDns: string[];
  idColumn: string | null;
  filter: string | null;
  reasons: string[];
};

/**
 * Everything about one kind of source, written in its folder. Nothing outside the folder knows its settings or the names of its
 * secrets. To add a kind: a folder with a module, a line in sources.ts, and then what the compiler asks for.
 */
export type SourceModule<Settings extends SourceSettings> = {
  readonly kind: SourceKind;
  readonly label: string;
  readonly description: string;
  /**
   * Reads settings, stored or given: fills in defaults and drops unknown keys. It checks only types; `checkSettings`
   * finds the faults that a person can correct.
   */
  readonly settings: ZodType<Settings>;
  /** The settings and secrets in the order of the form. A field of type SECRET has the name of its secret. */
  readonly form: readonly SettingInfo[];
  /** The settings that decide where and how a secret is sent. When one changes, stored secrets must be given again. */
  destination(settings: Settings): Partial<Settings>;
  /** The faults of the settings that can be found without contacting the source. */
  checkSettings(settings: Settings, secrets: SecretsAtHand): Fault[];
  /** The same for a scope. It can depend on the settings. */
  checkScope(scope: Scope, settings: Settings): Fault[];
  readonly attributes: AttributeNames;
  readonly people: PersonNames;
  /**
   * `by source`: it delivers only people who meet the scope's rules. `here`: it delivers everybody, and the run applies
   * the rules.
   */
  readonly appliesRules: 'by source' | 'here';
  /** How it continues from a cursor. */
  readonly continuation: Continuation;
  readonly advice: ReadAdvice;
  /**
   * The space in which a UUID identifies the same person in every connection. Kinds with the same name share their ids.
   * Null: the ids mean nothing outside the connection.
   */
  readonly idSpace: string | null;
  /** Whether files can be uploaded for its connections. */
  readonly takesFile: boolean;
  /** Whether it can have photos of people. If so, its sessions look them up. */
  readonly hasPhotos: boolean;
  /** The default scope and mappings of a connection with these settings. New objects at each call. */
  defaults(settings: Settings): { scope: Scope; mappings: FieldMapping[] };
  open(settings: Settings, secrets: Secrets, options: OpenOptions): Promise<SourceSession>;
  /**
   * Connects, reads one entry and reports each step. Does not throw for faults that the person at the form can correct.
   */
  test(settings: Settings, secrets: Secrets, options: OpenOptions): Promise<ConnectionTest>;
  /** Required settings that `settle` finds when they are empty. */
  readonly findable: readonly string[];
  /** Asks the source for what the settings leave open, for a proposal. Throws AppError, or the signal's reason. */
  settle(settings: Settings, secrets: Secrets, options: OpenOptions): Promise<Settled<Settings>>;
  /**
   * Reports changes while no run reads. Never resolves: it throws an AppError when it breaks, or the signal's reason.
   * It runs in the main thread, so its work must be light. Null: sources of this kind can't be watched.
   */
  readonly watch: ((settings: Settings, secrets: Secrets, options: WatchOptions) => Promise<never>) | null;
};

/**
 * A kind of source as other code uses it. It takes settings as stored or given, and reads them with the kind's schema.
 */
export type Source = Pick<
  SourceModule<SourceSettings>,
  'attributes' | 'people' | 'appliesRules' | 'continuation' | 'advice' | 'idSpace' | 'findable'
> & {
  /** The names of its secrets. */
  readonly secrets: readonly string[];
  info(): SourceKindInfo;
  /** Fills in defaults and drops unknown keys. */
  settings(given: SourceSettings): SourceSettings;
  defaults(settings: SourceSettings): { scope: Scope; mappings: FieldMapping[] };
  destination(settings: SourceSettings): SourceSettings;
  checkSettings(settings: SourceSettings, secrets: SecretsAtHand): Fault[];
  checkScope(scope: Scope, settings: SourceSettings): Fault[];
  open(settings: SourceSettings, secrets: Secrets, options: OpenOptions): Promise<SourceSession>;
  test(settings: SourceSettings, secrets: Secrets, options: OpenOptions): Promise<ConnectionTest>;
  settle(settings: SourceSettings, secrets: Secrets, options: OpenOptions): Promise<Settled<SourceSettings>>;
  /** Throws AppError NOT_SUPPORTED for a kind that can't be watched. */
  watch(settings: SourceSettings, secrets: Secrets, options: WatchOptions): Promise<never>;
};

/** Makes a Source of a module: each function gets settings that the module's schema has read, with their type. */
export function defineSource<Settings extends SourceSettings>(module: SourceModule<Settings>): Source {
  const {
    kind,
    label,
    description,
    form,
    takesFile,
    hasPhotos,
    attributes,
    people,
    appliesRules,
    continuation,
    advice,
  } = module;
  const { idSpace, watch } = module;
  const read = (settings: SourceSettings): Settings => readSettings(module, settings);
  const secrets = form.filter(({ type }) => type === 'SECRET').map(({ name }) => name);
  return {
    secrets,
    attributes,
    people,
    appliesRules,
    continuation,
    advice,
    idSpace,
    info: () => {
      const { scope, mappings } = module.defaults(read({}));
      return {
        kind,
        label,
        description,
        settings: form,
        secrets,
        takesFile,
        watchable: watch !== null,
        hasPhotos,
        defaultScope: scope,
        defaultMappings: mappings,
      };
    },
    settings: read,
    defaults: (settings) => module.defaults(read(settings)),
    destination: (settings) => module.destination(read(settings)),
    checkSettings: (settings, secrets) => module.checkSettings(read(settings), secrets),
    checkScope: (scope, settings) => module.checkScope(scope, read(settings)),
    open: async (settings, secrets, options) => module.open(read(settings), secrets, options),
    findable: module.findable,
    settle: async (settings, secrets, options) => module.settle(read(settings), secrets, options),
    test: async (settings, secrets, options) => module.test(read(settings), secrets, options),
    watch: async (settings, secrets, options) => {
      if (watch === null) throw new AppError('NOT_SUPPORTED', `A source of kind ${label} can't be watched.`);
      return watch(read(settings), secrets, options);
    },
  };
}

function readSettings<Settings extends SourceSettings>(
  { label, settings }: SourceModule<Settings>,
  given: SourceSettings,
): Settings {
  const { success, data, error } = settings.safeParse(given);
  if (success) return data;
  const faults = error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`).join('; ');
  throw new AppError('SETTINGS_UNREADABLE', `The settings of this ${label} source can't be read (${faults}).`, {
    hint: 'Another release may have stored them: update every process of the service, or create the connection again.',
    cause: error,
  });
}
