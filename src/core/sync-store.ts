import type { Cursor, Extent } from './arrivals.ts';
import type {
  ContactField,
  ContactStatus,
  ContactValues,
  Fills,
  FlagField,
  IndexedText,
  TextField,
} from './contact.ts';
import type { ChangeAction, Excluded, LogCode, NewLogLine, RunCounts } from './run.ts';
import type { ClaimedRun } from './run-store.ts';
import type { StoredFiles } from './stored-files.ts';

/**
 * Where the changes of a plan stand, so that they are applied in an order in which no address is claimed before it is
 * free: removals first, then addresses that pass from one contact to another (all at once), then the rest as read. After them
 * comes what is noted at the end; the next plan of the same run, if there is one, begins at `end`.
 */
export const planPositions = {
  removals: 0,
  handovers: 1_000_000_000,
  people: 2_000_000_000,
  closing: 9_000_000_000,
  end: 10_000_000_000,
} as const;

/** A connection's place where several fill one field: lower priority first, then the older connection. */
export type Rank = { priority: number; createdAt: number; connectionId: string };

/** What another connection brings to a contact. */
export type OtherLink = { connectionName: string; rank: Rank; fills: Fills };

/** A contact that a staged person is, or may turn out to be, with all that merging needs. */
export type CandidateContact = {
  id: string;
  version: number;
  status: ContactStatus;
  values: ContactValues;
  lockedFields: readonly ContactField[];
  /** What deactivation took away. */
  portalAccessBefore: boolean | null;
  /** How our own connection feeds it, if it does or did. */
  own: {
    externalId: string;
    person: string;
    fills: Fills;
    /** How often the link was asked to be looked at again. */
    recheck: number;
    /** Since an earlier read, or as this one finds, and the contact stays without them. */
    gone: boolean;
  } | null;
  /** The other connections that feed it now. */
  others: readonly OtherLink[];
  /** Changes when a link of another connection is asked to be looked at again, or goes. */
  othersRecheck: number;
};

/** A staged person who can't simply be created: linked already, or with an address that somebody has or claims. */
export type Question = {
  position: number;
  person: string;
  personId: string;
  values: ContactValues;
  alternatives: Partial<Record<TextField, string[]>>;
  fills: Fills;
  /** The contact linked to this person's stable id. */
  linked: CandidateContact | null;
  /** The active contact that holds the person's address, when it is another one than `linked`. */
  holder: CandidateContact | null;
  /** The active contact that holds the address which `linked`, inactive, had. */
  heir: CandidateContact | null;
  /** Somebody else of this read may get the same address. */
  shared: boolean;
};

/**
 * What becomes of a question. `waitsFor`: the contact whose address must become free by this same plan. `takesOver`: the
 * contact has a person of this connection who is gone, unless this read has them after all. `claims`: the address that the
 * person would get where somebody else of this read may get it, too; `keeps`: as that of a contact that is theirs already.
 */
export type Decision = {
  position: number;
  action: ChangeAction;
  contactId: string | null;
  contactVersion: number | null;
  /** Of the person's link, or, for one to be made, of the contact's others: what the decision rests on. */
  linkRecheck: number | null;
  contactName: string | null;
  before: ContactValues | null;
  after: ContactValues | null;
  code: LogCode | null;
  reason: string | null;
  waitsFor: { contactId: string; skipReason: string } | null;
  takesOver: { contactId: string; skipReason: string } | null;
  claims: { person: string; address: string; keeps: boolean } | null;
};

/**
 * A decision on the way into the plan. `staged`: which sides the person's row has already, as their draft. `indexed`: of
 * `after`, where it is to be written.
 */
export type Decided = {
  decision: Decision;
  staged: { before: boolean; after: boolean };
  indexed: IndexedText | null;
};

/**
 * Buffers of staged rows that may wait to be stored with those that follow. Whoever reads must be willing to have more of them
 * under way, or would wait for what waits for them.
 */
export const mostWaitingBuffers = 8;

/** Rows that a read has staged: new people, linked people who have changed, and people who are left alone. */
export type StagedCounts = { created: number; updated: number; skipped: number };

/** What contacts may hold: a field that is no flag, or of a list what it holds under one label. */
export type ContactPart = { field: Exclude<ContactField, FlagField>; label: string | null };

/** How many of the connection's active contacts would lose all that they have in a part, of those that have something there. */
export type Emptied = ContactPart & { emptied: number; had: number };

/** The parts that are counted, each only where at least so many contacts would lose it. */
export type EmptiedQuestion = { parts: readonly ContactPart[]; atLeast: number };

/** A plan's rows and what they come to. */
export type PlanTotals = {
  counts: Omit<RunCounts, 'read' | 'inScope'>;
  /** People whom the last complete read still had and this one has not. */
  newlyGone: number;
  /** The connection's active contacts before the run. */
  activeBefore: number;
  emptied: Emptied[];
};

/**
 * The tables, for one attempt at one run. Every write happens only while this attempt is the run's newest, and throws an
 * AppError FENCED otherwise. A lost connection is waited out; DatabaseLost is thrown where that does not help. Log lines get the run's next numbers; they, the counts and the signal to other processes
 * commit together.
 */
export type SyncRun = {
  /** Drops what an earlier attempt staged. Adds the line unless an earlier attempt has. */
  begin(line: NewLogLine): Promise<void>;
  /** Moves the run, changes what it tells of itself, and adds lines to its log. */
  report(change: RunReport): Promise<void>;

  /** (external id, hash, gone) of everybody the connection links, as COPY text: `id \t 32 hex digits or \N \t t or f`. */
  streamKnown(onChunk: (bytes: Uint8Array) => void): Promise<void>;
  /**
   * Adds rows to the staging, in the binary format of Postgres' COPY (see sync/stage/stage-row.ts). Resolves with those handed
   * over so far that are stored now and whose memory is free; never with one twice. At most `mostWaitingBuffers` wait for more.
   */
  stage(rows: Uint8Array): Promise<Uint8Array[]>;
  /** All rows handed over are stored when it resolves. */
  stageEnd(): Promise<void>;
  /** Drops stored rows of these people that stand before these positions: something later was said of them. */
  unstage(rows: readonly (readonly [personId: string, before: number])[]): Promise<void>;
  saveFills(fills: readonly { id: string; fields: Fills }[]): Promise<void>;

  /** The file of the run's connection. */
  readonly files: StoredFiles;
  /** What the run needs to know of its connection's past. */
  facts(): Promise<ConnectionFacts>;

  /** Adds a removal, or a note of absence, for each of these linked people. */
  planGone(externalIds: readonly string[]): Promise<void>;
  /** Marks the staged people who need a decision; how many there are. */
  findQuestions(staged: StagedCounts): Promise<number>;
  questions(afterPosition: number, limit: number): Promise<Question[]>;
  decide(decisions: readonly Decided[]): Promise<void>;
  /** The rows that the plan has for these contacts, and whether each frees the address that the contact holds now. */
  plannedAddresses(
    contactIds: readonly string[],
  ): Promise<{ contactId: string; position: number; freesAddress: boolean }[]>;
  /** Turns these rows into skipped ones (code DUPLICATE_EMAIL). */
  refuse(refused: readonly { position: number; reason: string }[]): Promise<void>;
  /** Of people newly gone whose contact goes to somebody else of this read, only that is told. */
  noteTakeovers(contactIds: readonly string[]): Promise<void>;
  /** Moves these rows to the part of the plan where addresses change hands. */
  markHandovers(positions: readonly number[]): Promise<void>;
  planTotals(emptied: EmptiedQuestion): Promise<PlanTotals>;
  /** Adds the WARN line of each skipped person and each remark; with the plan's counts in the same transaction. */
  reportPlan(change: RunReport): Promise<void>;

  /**
   * Applies the plan from where it stands, batch by batch, each one transaction, until the end or until `signal` aborts.
   * `onBatch` gives what is stored with a batch: how far it is, and lines.
   */
  apply(
    onBatch: (applied: number, total: number) => { progress: number; lines: NewLogLine[] },
    signal: AbortSignal,
  ): Promise<void>;
  /** Ends the run SUCCEEDED, or PARTIAL when somebody failed; what it says of its read is remembered with the connection. */
  finish(summary: (counts: RunCounts) => NewLogLine): Promise<void>;
};

export type ConnectionFacts = {
  rank: Rank;
  /** The search references of the last complete read. */
  referrals: string[];
  /** How many people the last run that read them all had, to tell how far this one is; null when there was none. */
  expectedPeople: number | null;
  /** Where the last run came to; null when there is no such place, or the connection has been edited since. */
  readOn: ReadCursor | null;
};

/** What is kept with a run of its read, for when its plan has been applied: then it goes to the connection. */
export type ReadSummary = {
  extent: Extent;
  /** Set when everybody was read, and known. */
  complete: { at: Date; referrals: readonly string[] } | null;
  /** Set when all that the source has told is in the plan: from where the next run may go on, if from anywhere. */
  readOn: { from: ReadCursor | null } | null;
};

/** A source's cursor, and the version of the mapping with which the people up to there were mapped. */
export type ReadCursor = { cursor: Cursor; mappingVersion: string };

export type RunReport = {
  /** HELD and, for a dry run, SUCCEEDED end the work on it. */
  event?: 'CONNECTED' | 'READ' | 'CHECKED' | 'HELD' | 'SUCCEEDED';
  counts?: Partial<RunCounts>;
  excluded?: Excluded;
  progress?: number | null;
  holdReasons?: string[];
  lines?: readonly NewLogLine[];
  readSummary?: ReadSummary;
};

/** What is waited for when the database is away is given up when `signal` aborts. */
export type SyncStore = { open(claimed: ClaimedRun, signal?: AbortSignal): SyncRun };
