import type { AbsentPerson } from './absence.ts';
import type { Cursor, Extent } from './arrivals.ts';
import type { ContactField, Fills, FlagField } from './contact.ts';
import type { PhotoFinding, PhotoQuestion } from './photo.ts';
import type { Decided, IdSpace, PlacedQuestion, PlannedAbsence, PlannedAddress, Rank, Refusal } from './plan.ts';
import type { PlanRows } from './plan-counts.ts';
import type { FilledFields, UsualField } from './quality.ts';
import type { ChangeAction, Excluded, NewLogLine, RunCounts, RunMode } from './run.ts';
import type { ClaimedRun } from './run-store.ts';
import type { StoredFiles } from './stored-files.ts';

/**
 * The positions of a plan's changes. They are applied in this order, so that no address is claimed before it is free: first removals,
 * then addresses that pass from one contact to another (all at once), then the rest in the order read, then `closing`, what is
 * stored at the end. If the same run makes another plan, that one begins at `end`.
 */
export const planPositions = {
  removals: 0,
  handovers: 1_000_000_000,
  people: 2_000_000_000,
  closing: 9_000_000_000,
  end: 10_000_000_000,
} as const;

/**
 * How many buffers of staged rows may wait to be stored together with later ones. The reader must allow more than this many in
 * flight; otherwise reader and writer wait for each other.
 */
export const mostWaitingBuffers = 16;

/** How many rows a read has staged: new people, linked people who have changed and need a decision, and people who are left alone. */
export type StagedCounts = {
  created: number;
  undecided: number;
  skipped: number;
  /** All addresses of these people are different. False: some may be equal. */
  addressesDiffer: boolean;
};

/** A part of a contact's values: a field that is no flag, or, of a labeled field, one label. */
export type ContactPart = { field: Exclude<ContactField, FlagField>; label: string | null };

/** How many of the connection's active contacts have a value in a part (`had`), and how many of them would lose it (`emptied`). */
export type Emptied = ContactPart & { emptied: number; had: number };

/** The parts to count. A part is reported only if at least `atLeast` contacts would lose it. */
export type EmptiedQuestion = { parts: readonly ContactPart[]; atLeast: number };

/** A question about the photo of a linked person, and the answer. */
export type AskedPhoto = PhotoQuestion & { contactId: string };
export type PhotoAnswer = AskedPhoto & { found: PhotoFinding };

/**
 * The tables, for one attempt at one run. A write happens only while this attempt is the run's newest; otherwise it throws an AppError
 * FENCED. When the connection is lost, calls wait for it; if that does not help, they throw DatabaseLost. Log lines get the run's
 * next numbers. They are committed together with the counts and the signal to other processes.
 */
export type SyncRun = {
  /** Deletes what an earlier attempt staged. Adds the line, unless an earlier attempt has added it. */
  begin(line: NewLogLine): Promise<void>;
  /** Moves the run, updates its counts and other facts, and adds lines to its log. */
  report(change: RunReport): Promise<void>;

  /** (external id, hash or null, gone) of all people that the connection links, in the binary format of Postgres' COPY. */
  streamKnown(onChunk: (bytes: Uint8Array) => void): Promise<void>;
  /**
   * Adds rows to the staging table, in the binary format of Postgres' COPY (see sync/stage/stage-row.ts). Resolves with the buffers that
   * are stored by now and may be reused, each once. At most `mostWaitingBuffers` wait for later ones.
   */
  stage(rows: Uint8Array): Promise<Uint8Array[]>;
  /** When it resolves, all rows are stored. */
  stageEnd(): Promise<void>;
  /** Deletes stored rows of these people before these positions, because the source sent something newer about them. */
  unstage(rows: readonly (readonly [personId: string, before: number])[]): Promise<void>;
  saveFills(fills: readonly { id: string; fields: Fills }[]): Promise<void>;

  /** The file of the run's connection. */
  readonly files: StoredFiles;
  /** What the run needs to know about its connection's earlier runs. */
  facts(): Promise<ConnectionFacts>;
  /** The memory that this earlier run has left for the next one. Empty when there is none. */
  memoryOf(runId: string): Promise<Uint8Array>;

  /** What is known about these linked people, who were not in the read, and since when. People whose link is gone are left out. */
  absentPeople(externalIds: readonly string[]): Promise<{ at: Date; people: AbsentPerson[] }>;
  /** Adds what happens to them to the plan. */
  decideAbsent(planned: readonly PlannedAbsence[]): Promise<void>;
  /**
   * Finds the staged people whose decision depends on others: linked people, and new people whose id another connection knows, or whose
   * address belongs to an active contact or may go to another person of this read. Resolves with their number.
   */
  findQuestions(staged: StagedCounts): Promise<number>;
  /** The next of these people, in order of position. */
  questions(afterPosition: number, limit: number): Promise<PlacedQuestion[]>;
  /** Writes decisions into the plan. They must be in order of position. */
  decide(decisions: readonly Decided[]): Promise<void>;
  /** The plan's rows for these contacts. */
  plannedAddresses(contactIds: readonly string[]): Promise<PlannedAddress[]>;
  /** Turns these rows into skipped ones. */
  refuse(refused: readonly Refusal[]): Promise<void>;
  /** For newly gone people whose contact passes to another person of this read: records only that, as the plan's row. */
  noteTakeovers(contactIds: readonly string[], reason: string): Promise<void>;
  /** Moves these rows to the part of the plan for addresses that pass from one contact to another. */
  markHandovers(positions: readonly number[]): Promise<void>;
  /** The plan's rows, counted, once every decision is made. */
  planRows(): Promise<PlanRows[]>;
  /** How many people of the plan have a manager who has no contact and gets none by the plan. */
  countUnknownManagers(): Promise<number>;
  /** How many active contacts the connection had before the run. */
  countActive(): Promise<number>;
  /** The parts that many contacts would lose. */
  countEmptied(question: EmptiedQuestion): Promise<Emptied[]>;
  /** How many of the plan's changes would repeat a change that a person has reverted, by action. */
  countAgain(): Promise<{ action: ChangeAction; count: number }[]>;
  /** Makes the plan of a revert from the history of the run that it reverts. */
  planRevert(onProgress: (contacts: number) => Promise<void>): Promise<RevertCounts>;
  /**
   * Adds the WARN line of each skipped person and each remark, and the run's findings, in the same transaction as the plan's counts.
   * `quality`: null for a run that has read nobody.
   */
  reportPlan(change: RunReport, quality: QualityFacts | null): Promise<void>;

  /**
   * Applies the rest of the plan in batches, one transaction each, until the end or until `signal` aborts. `onBatch` returns the
   * progress and the lines that are stored with a batch.
   */
  apply(
    onBatch: (applied: number, total: number) => { progress: number; lines: NewLogLine[] },
    signal: AbortSignal,
  ): Promise<void>;
  /** How many people the connection links whose photo must be looked up. */
  countPhotosDue(): Promise<number>;
  /** The next of these people, in order of their ids. */
  photosDue(afterId: string, limit: number): Promise<AskedPhoto[]>;
  /** Stores photos. Those of people who could not be read now stay due. */
  savePhotos(answers: readonly PhotoAnswer[], lines: readonly NewLogLine[]): Promise<void>;
  /** Ends the run SUCCEEDED, or PARTIAL when a person failed. The summary of its read is stored with the connection. */
  finish(summary: (counts: RunCounts) => NewLogLine): Promise<void>;
};

/** The contacts in the plan of a revert, and those of them that are deactivated or deleted. */
export type RevertCounts = { contacts: number; removed: number };

export type ConnectionFacts = {
  rank: Rank;
  /** The search references of the last complete read. */
  referrals: string[];
  /** How many people the last full read had, to estimate progress; null when there was none. */
  expectedPeople: number | null;
  /** Where the last run ended. */
  readOn: ReadOn;
  /** After this many hours a run in mode AUTO reads everybody again. */
  fullEvery: number;
};

/** Where a run may continue from. `nowhere`: no run has left a usable cursor; `because`: why, if the source said so. */
export type ReadOn =
  | { kind: 'from'; from: ReadCursor }
  | { kind: 'nowhere'; because: string | null }
  | { kind: 'edited' };

/** The summary of a run's read. It is stored with the run, and moves to the connection once the plan has been applied. */
export type ReadSummary = {
  extent: Extent;
  /** Set when everybody was read and has a known id. */
  complete: { at: Date; referrals: readonly string[] } | null;
  /** Set when all that the source sent is in the plan. `from` is where the next run may continue; null: it must read everything. */
  readOn: NextRead | null;
};

/**
 * Where the next run may continue. `from`: null for nowhere, because of `because`. `evenAfterSkips`: also if this run
 * skips people or fails on them, because the next run will look at them again.
 */
export type NextRead = { from: ReadCursor | null; because: string | null; evenAfterSkips: boolean };

/**
 * A source's cursor, the mapping version with which the people before it were mapped, the time of the last full read,
 * and the run that left the memory for the cursor (null: there is none).
 */
export type ReadCursor = { cursor: Cursor; mappingVersion: string; fullAt: string; memoryOf: string | null };

export type RunReport = {
  /** HELD ends the work on the run. So does SUCCEEDED, which only a dry run reports. */
  event?: 'CONNECTED' | 'READ' | 'CHECKED' | 'HELD' | 'SUCCEEDED';
  counts?: Partial<RunCounts>;
  excluded?: Excluded;
  progress?: number | null;
  holdReasons?: string[];
  lines?: readonly NewLogLine[];
  readSummary?: ReadSummary;
  /** What the next run needs besides the cursor. Stored with the run. */
  memory?: Uint8Array;
  /** How the run reads. Set when that is decided. */
  mode?: { mode: RunMode; reason: string };
};

/**
 * What a run's findings depend on, besides the plan. `staged`: how many people of the plan have findings. `toTheEnd`:
 * everybody was read, so a person without a contact who was not in the read is not in the source. `everyLink`: look
 * also for people in two connections whom the read found unchanged. `filled`: the fields of the people whom the read has mapped. `usual`:
 * the fields that nearly everybody has; null: the read has mapped too few people to tell, so they are as before.
 */
export type QualityFacts = {
  staged: number;
  toTheEnd: boolean;
  everyLink: boolean;
  filled: FilledFields;
  usual: readonly UsualField[] | null;
};

/** `ids`: the id space of the run's source. Calls that wait for a lost database give up when `signal` aborts. */
export type SyncStore = { open(claimed: ClaimedRun, ids?: IdSpace | null, signal?: AbortSignal): SyncRun };
