export const RunStatus = {
  QUEUED: 'QUEUED',
  RUNNING: 'RUNNING',
  HELD: 'HELD',
  SUCCEEDED: 'SUCCEEDED',
  PARTIAL: 'PARTIAL',
  FAILED: 'FAILED',
  CANCELLED: 'CANCELLED',
  REJECTED: 'REJECTED',
} as const;
export type RunStatus = (typeof RunStatus)[keyof typeof RunStatus];

export function isEnded(status: RunStatus): boolean {
  return status !== 'QUEUED' && status !== 'RUNNING' && status !== 'HELD';
}

export const RunPhase = {
  WAITING: 'WAITING',
  CONNECTING: 'CONNECTING',
  READING: 'READING',
  PLANNING: 'PLANNING',
  APPLYING: 'APPLYING',
  FINISHED: 'FINISHED',
} as const;
export type RunPhase = (typeof RunPhase)[keyof typeof RunPhase];

/**
 * What a caller may ask for. AUTO becomes INCREMENTAL when that is safe, else FULL. INCREMENTAL becomes FULL when the source can't
 * tell what has changed.
 */
export const StartRunMode = { AUTO: 'AUTO', FULL: 'FULL', INCREMENTAL: 'INCREMENTAL' } as const;
export type StartRunMode = (typeof StartRunMode)[keyof typeof StartRunMode];

/** REVERT: the run reads nothing and reverts the changes of another run. */
export const RunMode = { FULL: 'FULL', INCREMENTAL: 'INCREMENTAL', REVERT: 'REVERT' } as const;
export type RunMode = (typeof RunMode)[keyof typeof RunMode];

export const RunTrigger = {
  MANUAL: 'MANUAL',
  RUN_ALL: 'RUN_ALL',
  SCHEDULE: 'SCHEDULE',
  WATCH: 'WATCH',
  REVERT: 'REVERT',
} as const;
export type RunTrigger = (typeof RunTrigger)[keyof typeof RunTrigger];

/** inScope = created + updated + linked + reactivated + unchanged + skipped + failed. */
export type RunCounts = {
  /** Distinct people that the source delivered. */
  read: number;
  inScope: number;
  created: number;
  updated: number;
  unchanged: number;
  linked: number;
  deactivated: number;
  reactivated: number;
  deleted: number;
  skipped: number;
  failed: number;
};

export const noCounts: RunCounts = {
  read: 0,
  inScope: 0,
  created: 0,
  updated: 0,
  unchanged: 0,
  linked: 0,
  deactivated: 0,
  reactivated: 0,
  deleted: 0,
  skipped: 0,
  failed: 0,
};

/** How many delivered people the scope left out, by reason. */
export type Excluded = Partial<Record<ExclusionReason, number>>;

/** Why the scope leaves a delivered person out. */
export const ExclusionReason = {
  DISABLED: 'DISABLED',
  NO_EMAIL: 'NO_EMAIL',
  NOT_IN_GROUP: 'NOT_IN_GROUP',
  NOT_A_PERSON: 'NOT_A_PERSON',
  NOT_BY_RULES: 'NOT_BY_RULES',
  IN_EXCLUDED_GROUP: 'IN_EXCLUDED_GROUP',
  BELOW_EXCLUDED_DN: 'BELOW_EXCLUDED_DN',
} as const;
export type ExclusionReason = (typeof ExclusionReason)[keyof typeof ExclusionReason];

export const ChangeAction = {
  CREATE: 'CREATE',
  UPDATE: 'UPDATE',
  LINK: 'LINK',
  REACTIVATE: 'REACTIVATE',
  DEACTIVATE: 'DEACTIVATE',
  DELETE: 'DELETE',
  SKIP: 'SKIP',
  NONE: 'NONE',
} as const;
export type ChangeAction = (typeof ChangeAction)[keyof typeof ChangeAction];

export const LogLevel = { DEBUG: 'DEBUG', INFO: 'INFO', WARN: 'WARN', ERROR: 'ERROR' } as const;
export type LogLevel = (typeof LogLevel)[keyof typeof LogLevel];

/** What a line of the run log is about. The code is for programs, the message for people. */
export const LogCode = {
  // phases and totals
  RUN_STARTED: 'RUN_STARTED',
  WATCH_STARTED: 'WATCH_STARTED',
  RUN_RESUMED: 'RUN_RESUMED',
  RUN_MADE_WAY: 'RUN_MADE_WAY',
  CONNECTED: 'CONNECTED',
  READ_MODE: 'READ_MODE',
  READING: 'READING',
  READ_DONE: 'READ_DONE',
  PLANNED: 'PLANNED',
  HELD: 'HELD',
  APPROVED: 'APPROVED',
  REJECTED: 'REJECTED',
  APPLYING: 'APPLYING',
  SUMMARY: 'SUMMARY',
  CANCELLED: 'CANCELLED',
  RUN_FAILED: 'RUN_FAILED',
  // the read as a whole
  REFERRAL: 'REFERRAL',
  URL_UNREACHABLE: 'URL_UNREACHABLE',
  SERVER_NOT_RECOGNISED: 'SERVER_NOT_RECOGNISED',
  EMPTY_READ: 'EMPTY_READ',
  EMPTY_SCOPE: 'EMPTY_SCOPE',
  NOT_A_GROUP: 'NOT_A_GROUP',
  EMPTY_GROUP: 'EMPTY_GROUP',
  GROUPS_NOT_FOLLOWED: 'GROUPS_NOT_FOLLOWED',
  MEMBERS_OUTSIDE: 'MEMBERS_OUTSIDE',
  INCOMPLETE_READ: 'INCOMPLETE_READ',
  ATTRIBUTE_MISSING: 'ATTRIBUTE_MISSING',
  MANAGER_UNKNOWN: 'MANAGER_UNKNOWN',
  SCHEDULE_SKIPPED: 'SCHEDULE_SKIPPED',
  // photos
  PHOTOS: 'PHOTOS',
  PHOTOS_LATER: 'PHOTOS_LATER',
  PHOTO_UNUSABLE: 'PHOTO_UNUSABLE',
  // one person, left alone
  NO_NAME: 'NO_NAME',
  NO_ID: 'NO_ID',
  DUPLICATE_ID: 'DUPLICATE_ID',
  MALFORMED_EMAIL: 'MALFORMED_EMAIL',
  MALFORMED_VALUE: 'MALFORMED_VALUE',
  TEMPLATE_FAILED: 'TEMPLATE_FAILED',
  DUPLICATE_EMAIL: 'DUPLICATE_EMAIL',
  EMAIL_TAKEN: 'EMAIL_TAKEN',
  CONTACT_CLAIMED: 'CONTACT_CLAIMED',
  CHANGED_SINCE_PLAN: 'CHANGED_SINCE_PLAN',
  CHANGED_SINCE: 'CHANGED_SINCE',
  // one person, whose contact keeps locked fields
  FIELDS_LOCKED: 'FIELDS_LOCKED',
  // one person, failed
  APPLY_FAILED: 'APPLY_FAILED',
  // one applied change
  CONTACT_CREATED: 'CONTACT_CREATED',
  CONTACT_UPDATED: 'CONTACT_UPDATED',
  CONTACT_LINKED: 'CONTACT_LINKED',
  CONTACT_REACTIVATED: 'CONTACT_REACTIVATED',
  CONTACT_DEACTIVATED: 'CONTACT_DEACTIVATED',
  CONTACT_DELETED: 'CONTACT_DELETED',
  CONTACT_KEPT: 'CONTACT_KEPT',
} as const;
export type LogCode = (typeof LogCode)[keyof typeof LogCode];

/** A line that is to be stored. It gets its `seq` and time then. */
export type NewLogLine = {
  level: LogLevel;
  code: LogCode;
  message: string;
  /** The person as the source names them (a DN). */
  person?: string | null;
  personId?: string | null;
  contactId?: string | null;
};

/** A stored line; `seq` counts 1, 2, 3, ... within the run, without gaps. */
export type LogLine = {
  seq: number;
  at: Date;
  level: LogLevel;
  code: LogCode;
  message: string;
  person: string | null;
  personId: string | null;
  contactId: string | null;
};

/** Why a run or a test of a connection ended without success. */
export type RunError = { code: string; message: string; hint: string | null };
