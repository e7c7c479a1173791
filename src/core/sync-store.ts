import type { AbsentPerson } from './absence.ts';
import type { Cursor, Extent } from './arrivals.ts';
import type { ContactField, Fills, FlagField } from './contact.ts';
import type { Decided, PlacedQuestion, PlannedAbsence, PlannedAddress, Rank, Refusal } from './plan.ts';
import type { PlanRows } from './plan-counts.ts';
import type { Excluded, NewLogLine, RunCounts } from './run.ts';
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

/**
 * Buffers of staged rows that may wait to be stored with those that follow. Whoever reads must be willing to have more of them
 * under way, or would wait for what waits for them.
 */
export const mostWaitingBuffers = 8;

/** Rows that a read has staged: new people, linked people who have changed, about whom is to be decided, and people who are left alone. */
export type StagedCounts = { created: number; undecided: number; skipped: number };

/** What contacts may hold: a field that is no flag, or of a list what it holds under one label. */
export type ContactPart = { field: Exclude<ContactField, FlagField>; label: string | null };

/** How many of the connection's active contacts would lose all that they have in a part, of those that have something there. */
export type Emptied = ContactPart & { emptied: number; had: number };

/** The parts that are counted, each only where at least so many contacts would lose it. */
export type EmptiedQuestion = { parts: readonly ContactPart[]; atLeast: number };

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

  /** What is known of these linked people, whom the read has not had, and when; those whose link is gone are left out. */
  absentPeople(externalIds: readonly string[]): Promise<{ at: Date; people: AbsentPerson[] }>;
  /** Adds what becomes of them to the plan. */
  decideAbsent(planned: readonly PlannedAbsence[]): Promise<void>;
  /**
   * Finds the staged people who are to be decided with the facts of others: linked people, and newcomers whose address an
   * active contact holds or somebody else of this read may get. Resolves with how many they are.
   */
  findQuestions(staged: StagedCounts): Promise<number>;
  /** The next of them, in order of position. */
  questions(afterPosition: number, limit: number): Promise<PlacedQuestion[]>;
  /** Writes decisions, in order of position, into the plan. */
  decide(decisions: readonly Decided[]): Promise<void>;
  /** The rows that the plan has for these contacts. */
  plannedAddresses(contactIds: readonly string[]): Promise<PlannedAddress[]>;
  /** Turns these rows into skipped ones. */
  refuse(refused: readonly Refusal[]): Promise<void>;
  /** Of people newly gone whose contact goes to somebody else of this read, only that is told. */
  noteTakeovers(contactIds: readonly string[], reason: string): Promise<void>;
  /** Moves these rows to the part of the plan where addresses change hands. */
  markHandovers(positions: readonly number[]): Promise<void>;
  /** The rows of the plan, once everybody is decided. */
  planRows(): Promise<PlanRows[]>;
  /** The connection's active contacts before the run. */
  countActive(): Promise<number>;
  /** Of the asked parts, those that many contacts would lose. */
  countEmptied(question: EmptiedQuestion): Promise<Emptied[]>;
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
