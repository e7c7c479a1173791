import type { Secrets, SourceKind, SourceSettings } from './connection.ts';
import type { ConnectionEdit } from './records.ts';
import type { SourceKindInfo } from './source-kind.ts';
import type { ConnectionTest } from './source-session.ts';
import type { UserError } from './user-error.ts';

/** Where, in the arguments of a mutation, each part of a connection stands; a part's faults are reported below it. */
export type ConnectionPaths = {
  /** e.g. `['input', 'source', 'ldap']`. */
  source: readonly string[];
  scope: readonly string[];
  mappings: readonly string[];
  removal: readonly string[];
};

/**
 * Settings to be tried. `secrets`: those that are given; `connection`: the one whose stored secrets stand in for the others. The
 * API never sees these (it has checked that those of this version may be sent where the settings point).
 */
export type TestRequest = {
  workspaceId: string;
  connection: { id: string; version: number } | null;
  kind: SourceKind;
  settings: SourceSettings;
  secrets: Secrets;
};

/** What the API asks of the kinds of source. Expected refusals come back as user errors; what is thrown is a fault of ours. */
export type SourcesPort = {
  /** The kinds that this build can read. */
  kinds(): readonly SourceKindInfo[];
  kind(kind: SourceKind): SourceKindInfo;
  /**
   * The settings of a source after an edit: `given` stands over `current`, or over the defaults where that is null, member by
   * member. A member that is undefined stays, null restores its default; what is no setting of the kind is passed over.
   */
  settings(kind: SourceKind, current: SourceSettings | null, given: SourceSettings): SourceSettings;
  /**
   * What is wrong with a connection as far as can be told without contacting its source: settings, scope and filter, mappings,
   * removal. Empty: it can be saved. `secrets`: the names of those that are there once it is saved.
   */
  checkConnection(edit: ConnectionEdit, secrets: ReadonlySet<string>, paths: ConnectionPaths): UserError[];
  /** The same for the settings of a source alone, before a test. */
  checkSource(
    kind: SourceKind,
    settings: SourceSettings,
    secrets: ReadonlySet<string>,
    path: readonly string[],
  ): UserError[];
  /**
   * Refuses to send stored secrets another way than the one that they were given for: people who may edit could have them sent
   * to a host of theirs otherwise. `kept`: the names of the stored secrets that the edit neither replaces nor removes.
   */
  checkDestination(
    kind: SourceKind,
    edit: { saved: SourceSettings; wanted: SourceSettings; kept: ReadonlySet<string> },
    path: readonly string[],
  ): UserError[];
  /**
   * Connects and reads one entry; whatever fails there is told in the answer. Throws AppError RATE_LIMITED when too many tests
   * are under way, and the signal's reason.
   */
  test(request: TestRequest, signal: AbortSignal): Promise<ConnectionTest>;
};
