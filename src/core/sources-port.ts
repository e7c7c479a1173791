import type {
  ConnectionSettings,
  FieldMapping,
  RemovalPolicy,
  Scope,
  Secrets,
  SourceKind,
  SourceSettings,
} from './connection.ts';
import type { ContactField } from './contact.ts';
import type { ConnectionEdit } from './records.ts';
import type { RunError } from './run.ts';
import type { SourceKindInfo } from './source-kind.ts';
import type { ConnectionTest } from './source-session.ts';
import type { ConnectionPreview, PersonExplanation } from './trial.ts';
import type { UserError } from './user-error.ts';

/**
 * The place of each part of a connection in the arguments of a mutation. The faults of a part are reported below its
 * path.
 */
export type ConnectionPaths = {
  /** e.g. `['input', 'source', 'ldap']`. */
  source: readonly string[];
  scope: readonly string[];
  mappings: readonly string[];
  removal: readonly string[];
};

/**
 * Settings to test. `secrets` are the given ones; for the others, the stored secrets of `connection` are used. The API
 * never sees stored secrets. It has checked that the stored secrets of this version may be sent to the settings'
 * destination.
 */
export type TestRequest = {
  workspaceId: string;
  connection: { id: string; version: number } | null;
  kind: SourceKind;
  settings: SourceSettings;
  secrets: Secrets;
};

/** The same for a whole connection, saved or not. */
export type LookRequest = Pick<TestRequest, 'workspaceId' | 'connection' | 'secrets'> & {
  settings: ConnectionSettings;
};

/**
 * An attribute that sampled people have. `samples`: a few of its values, cut. Values of secrets are never among them.
 */
export type DiscoveredAttribute = {
  name: string;
  filled: number;
  sampled: number;
  samples: string[];
  multiValued: boolean;
  suggestedField: ContactField | null;
};

/**
 * A proposed connection. It can be saved as it is. `reasons`: why each part was chosen, and which other settings are
 * needed.
 */
export type ConnectionProposal = {
  scope: Scope;
  mappings: FieldMapping[];
  removal: RemovalPolicy;
  baseDns: string[];
  /** The id column of a file. Null for other kinds of source. */
  idColumn: string | null;
  reasons: string[];
};

/** An answer, or why the source could not be asked. */
export type LookOutcome<T> = { kind: 'answer'; answer: T } | { kind: 'failed'; error: RunError };

/** The names of the secrets that a connection will have, and the secrets that the edit gives. */
export type EditedSecrets = { has: ReadonlySet<string>; given: Secrets };

/** What the API needs from the kinds of source. Expected refusals are returned as user errors; what is thrown is our own fault. */
export type SourcesPort = {
  /** The kinds that this build can read. */
  kinds(): readonly SourceKindInfo[];
  kind(kind: SourceKind): SourceKindInfo;
  /** The default scope and mappings of a new connection with these settings. */
  defaults(kind: SourceKind, settings: SourceSettings): { scope: Scope; mappings: FieldMapping[] };
  /**
   * The settings of a source after an edit: each member of `given` replaces that of `current`, or the default if `current` is null. An
   * undefined member keeps the value, null restores the default. Members that are no setting of the kind are ignored.
   */
  settings(kind: SourceKind, current: SourceSettings | null, given: SourceSettings): SourceSettings;
  /**
   * What is wrong with a connection, without contacting its source: settings, scope and filter, mappings, removal. Empty: it can be
   * saved.
   */
  checkConnection(edit: ConnectionEdit, secrets: EditedSecrets, paths: ConnectionPaths): UserError[];
  /** The same for the source's settings only, before a test. */
  checkSource(kind: SourceKind, settings: SourceSettings, secrets: EditedSecrets, path: readonly string[]): UserError[];
  /** The same before a proposal, which finds some required settings itself. */
  checkToPropose(
    kind: SourceKind,
    settings: SourceSettings,
    secrets: EditedSecrets,
    path: readonly string[],
  ): UserError[];
  /**
   * Refuses to send stored secrets to another destination than the one they were entered for. Otherwise people who may edit could
   * send them to their own host. `kept`: the names of the stored secrets that the edit neither replaces nor removes.
   */
  checkDestination(
    kind: SourceKind,
    edit: { saved: SourceSettings; wanted: SourceSettings; kept: ReadonlySet<string> },
    path: readonly string[],
  ): UserError[];
  /**
   * Connects, reads some people and checks more details. The answer reports what failed. Throws an AppError
   * RATE_LIMITED when too many tests are running, and the signal's reason when it aborts.
   */
  test(request: TestRequest, signal: AbortSignal): Promise<ConnectionTest>;
  /** Reads a source and proposes a connection. Throws like `test`. */
  propose(request: TestRequest, signal: AbortSignal): Promise<LookOutcome<ConnectionProposal>>;
  /** Samples this many people in scope, and reports which attributes they have. Throws like `test`. */
  discover(request: LookRequest, people: number, signal: AbortSignal): Promise<LookOutcome<DiscoveredAttribute[]>>;
  /**
   * Does what a run would do, up to the check of its plan, and shows the first `people` in scope. Throws like `test`.
   */
  preview(request: LookRequest, people: number, signal: AbortSignal): Promise<LookOutcome<ConnectionPreview>>;
  /** Explains one person, found by id, DN, address or name. Throws like `test`. */
  explain(request: LookRequest, person: string, signal: AbortSignal): Promise<LookOutcome<PersonExplanation>>;
};
