import type { ZodType } from 'zod';
import { AppError } from '../../core/app-error.ts';
import type { ReadAdvice } from '../../core/arrivals.ts';
import type { FieldMapping, Scope, Secrets, SourceKind, SourceSettings } from '../../core/connection.ts';
import type { AttributeNames, ConnectionTest, OpenOptions } from '../../core/directory.ts';
import type { SettingInfo, SourceKindInfo } from '../../core/source-form.ts';
import type { SourceSession } from '../../core/source-session.ts';
import type { Fault } from '../../core/user-error.ts';

/** Which secrets a source has, by name. `mayLack`: the connection is a Draft, or is only tried; what it needs to run may still be missing. */
export type SecretsAtHand = { has: ReadonlySet<string>; mayLack: boolean };

/**
 * A kind of source, as its folder writes it: all that is its own. Nothing outside the folder knows its settings or the names of
 * its secrets. To add a kind: a folder with one of these, a line in sources.ts, and what the compiler asks for then.
 */
export type SourceModule<Settings extends SourceSettings> = {
  readonly kind: SourceKind;
  readonly label: string;
  readonly description: string;
  /**
   * Reads settings, whoever kept them: fills in the default of each that is left out, drops what is no setting. It tells types
   * apart and no more; what a person can mend is for `checkSettings`.
   */
  readonly settings: ZodType<Settings>;
  /** The settings and secrets as a form shows them, in its order; each secret as type SECRET, by its name. */
  readonly form: readonly SettingInfo[];
  /** Those of the settings that decide where a secret is sent, and how: when one changes, stored secrets must be given again. */
  destination(settings: Settings): Partial<Settings>;
  /** What is wrong with the settings as far as can be told without contacting the source. */
  checkSettings(settings: Settings, secrets: SecretsAtHand): Fault[];
  checkScope(scope: Scope): Fault[];
  readonly attributes: AttributeNames;
  /** `by source`: it delivers people who meet the scope's rules. `here`: it delivers everybody, and each is held against them. */
  readonly appliesRules: 'by source' | 'here';
  readonly advice: ReadAdvice;
  /** Whether files can be uploaded for its connections. */
  readonly takesFile: boolean;
  /** What a connection gets that says nothing of them; fresh objects at each call. */
  defaults(): { scope: Scope; mappings: FieldMapping[] };
  open(settings: Settings, secrets: Secrets, options: OpenOptions): Promise<SourceSession>;
  /** Connects and reads one entry, telling each step. Never throws for what the person at the form can mend. */
  test(settings: Settings, secrets: Secrets, options: OpenOptions): Promise<ConnectionTest>;
};

/** A kind of source as others see it: settings are what is stored or was given, read by the kind's own schema on the way in. */
export type Source = Pick<SourceModule<SourceSettings>, 'attributes' | 'appliesRules' | 'advice' | 'checkScope'> & {
  /** Names of its secrets. */
  readonly secrets: readonly string[];
  info(): SourceKindInfo;
  /** With the defaults of what is left out, and without what is no setting. */
  settings(given: SourceSettings): SourceSettings;
  destination(settings: SourceSettings): SourceSettings;
  checkSettings(settings: SourceSettings, secrets: SecretsAtHand): Fault[];
  open(settings: SourceSettings, secrets: Secrets, options: OpenOptions): Promise<SourceSession>;
  test(settings: SourceSettings, secrets: Secrets, options: OpenOptions): Promise<ConnectionTest>;
};

/** Puts a module's schema before each of its functions, so that inside the folder settings have their type. */
export function defineSource<Settings extends SourceSettings>(module: SourceModule<Settings>): Source {
  const { kind, label, description, form, takesFile, attributes, appliesRules, advice, checkScope } = module;
  const read = (settings: SourceSettings): Settings => readSettings(module, settings);
  const secrets = form.filter(({ type }) => type === 'SECRET').map(({ name }) => name);
  return {
    secrets,
    attributes,
    appliesRules,
    advice,
    checkScope,
    info: () => {
      const { scope, mappings } = module.defaults();
      return {
        kind,
        label,
        description,
        settings: form,
        secrets,
        takesFile,
        defaultScope: scope,
        defaultMappings: mappings,
      };
    },
    settings: read,
    destination: (settings) => module.destination(read(settings)),
    checkSettings: (settings, secrets) => module.checkSettings(read(settings), secrets),
    open: async (settings, secrets, options) => module.open(read(settings), secrets, options),
    test: async (settings, secrets, options) => module.test(read(settings), secrets, options),
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
    hint: 'Another release may have stored them: update every process of the service, or make the connection anew.',
    cause: error,
  });
}
