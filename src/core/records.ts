import type { Actor } from './access.ts';
import type { ConnectionSettings, ConnectionStatus, Schedule } from './connection.ts';
import type { ContactField, ContactStatus, ContactValues } from './contact.ts';
import type { ChangeAction, Excluded, RunCounts, RunError, RunMode, RunPhase, RunStatus, RunTrigger } from './run.ts';
import type { StoredFile } from './stored-files.ts';

/** A saved connection. Its secrets are never part of it. */
export type ConnectionRecord = ConnectionSettings & {
  id: string;
  workspaceId: string;
  name: string;
  description: string;
  status: ConnectionStatus;
  schedule: Schedule | null;
  /** Whether the source is watched, so that a change in it starts a run. */
  continuous: boolean;
  /** After this many hours a run in mode AUTO reads everybody again. */
  fullEvery: number;
  /** The names of its stored secrets. */
  secretNames: readonly string[];
  /** Null: none has been uploaded. */
  file: StoredFile | null;
  /** Grows by one with each saved edit that changes something. */
  version: number;
  createdBy: Actor;
  createdAt: Date;
  updatedAt: Date;
};

/** The parts of a connection that a person edits. */
export type ConnectionEdit = ConnectionSettings & {
  name: string;
  description: string;
  status: ConnectionStatus;
  schedule: Schedule | null;
  /** Whether the source must be watched, so that a change in it starts a run. */
  continuous: boolean;
  /** After this many hours a run in mode AUTO reads everybody again. */
  fullEvery: number;
};

/** The state of a connection's watch. `since`: watched since then; null: not watched now. */
export type WatchRecord = {
  connectionId: string;
  since: Date | null;
  /** When the watch last reported a change. */
  lastChangeAt: Date | null;
  /** Why it is not watched, although it should be. */
  error: RunError | null;
};

export type RunRecord = {
  id: string;
  workspaceId: string;
  /** Null when the connection has been deleted. */
  connectionId: string | null;
  connectionName: string;
  connectionVersion: number;
  /** Null until the run has begun to read. */
  mode: RunMode | null;
  /** Why this mode, in one sentence. */
  modeReason: string | null;
  dryRun: boolean;
  review: boolean;
  trigger: RunTrigger;
  startedBy: Actor;
  status: RunStatus;
  phase: RunPhase;
  counts: RunCounts;
  excluded: Excluded;
  /** 0 to 1; null while the total is unknown. */
  progress: number | null;
  queuedAt: Date;
  startedAt: Date | null;
  finishedAt: Date | null;
  error: RunError | null;
  holdReasons: string[];
  decidedBy: Actor | null;
  decidedAt: Date | null;
  /** The number of the newest stored log line; 0 before the first. */
  lastSeq: number;
};

/** The parts of a contact that can be read besides its id: a field, or a fact about it. */
export type ContactPart =
  | ContactField
  | 'STATUS'
  | 'CREATED_AT'
  | 'UPDATED_AT'
  | 'REMOVAL_DUE_AT'
  | 'LOCKED_FIELDS'
  | 'VERSION';

/** A contact with the requested parts. The others are missing. */
export type ContactRecord = {
  id: string;
  values: ContactValues;
  status?: ContactStatus;
  createdAt?: Date;
  updatedAt?: Date;
  removalDueAt?: Date | null;
  lockedFields?: ContactField[];
  version?: number;
};

/** One connection that feeds one contact. */
export type ContactSourceRecord = {
  contactId: string;
  connectionId: string;
  connectionName: string;
  externalId: string;
  lastSeenAt: Date;
};

/** Where the present value of a contact's field comes from. */
export type OriginRecord = {
  field: ContactField;
  label: string | null;
  /** The connection whose run set it. */
  connectionId: string | null;
  connectionName: string | null;
  /** Null: a fixed value, a template, a name made of other fields, or no connection. */
  attribute: string | null;
  runId: string | null;
  setBy: Actor;
  setAt: Date;
};

/** A row of a run's plan, or of the history once it is applied; or a change that a person made. */
export type ChangeRecord = {
  /** The run, or the set of changes that a person made. */
  changeSet: string;
  /** Null: a run made the change. */
  madeBy: Actor | null;
  position: number;
  at: Date;
  action: ChangeAction;
  applied: boolean;
  contactId: string | null;
  contactName: string;
  /** Null for a change that a person made. */
  person: string | null;
  personId: string | null;
  before: ContactValues | null;
  after: ContactValues | null;
  reason: string | null;
};
