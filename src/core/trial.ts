import type { ConnectionSettings } from './connection.ts';
import type { ContactField, ContactStatus, ContactValues, Fills } from './contact.ts';
import type { IdSpace, Rank, Stays } from './plan.ts';
import type { ChangeAction, Excluded } from './run.ts';
import type { SyncRun } from './sync-store.ts';

/*
 * A trial does what a run does, up to the check of its plan, and then discards the plan. It shows what a run would do.
 * It is not in the list of runs, and writes only into temporary tables of its own session.
 */

/** The tables as a read needs them. */
export type ReadTables = Pick<SyncRun, 'streamKnown' | 'stage' | 'stageEnd' | 'unstage' | 'saveFills' | 'files'>;

/** The tables as planning needs them. */
export type PlanTables = Pick<
  SyncRun,
  | 'absentPeople'
  | 'decideAbsent'
  | 'findQuestions'
  | 'questions'
  | 'decide'
  | 'plannedAddresses'
  | 'refuse'
  | 'noteTakeovers'
  | 'markHandovers'
  | 'report'
>;

/** The tables as the check needs them. */
export type CheckTables = Pick<SyncRun, 'planRows' | 'countActive' | 'countEmptied' | 'countAgain'>;

/** What a run would do about a person. `mapped`: the result of the mapping, if it was requested. */
export type PlannedPerson = {
  personId: string | null;
  person: string;
  action: ChangeAction;
  stays: Stays | null;
  reason: string | null;
  remark: string | null;
  contactId: string | null;
  contactName: string | null;
  before: ContactValues | null;
  after: ContactValues | null;
  mapped: { values: ContactValues; fills: Fills } | null;
};

/** How many contacts get another value in a field (or a label of it), and in how many of them it becomes empty. */
export type FieldImpact = { field: ContactField; label: string | null; changed: number; emptied: number };

/** The tables of one trial. */
export type Trial = ReadTables &
  PlanTables &
  CheckTables & {
    /** The run id in the rows of the plan. */
    readonly id: string;
    readonly rank: Rank;
    /** The search references of the last complete read, and its time. Null: there was none. */
    readonly referrals: readonly string[];
    readonly lastCompleteAt: Date | null;
    /** The run of the connection that waits for approval. Null: there is none. */
    readonly waiting: WaitingRun | null;
    /** Saves the mapped values of each staged person. Call it before planning, which overwrites them. */
    keepMapped(): Promise<void>;
    /** The plan for these people. People without a row are as before. */
    plannedFor(personIds: readonly string[]): Promise<PlannedPerson[]>;
    /** Some people who would be newly gone, new, or changed: up to `each` of each kind. */
    examples(each: number): Promise<PlannedPerson[]>;
    fieldImpacts(): Promise<FieldImpact[]>;
    /** Contacts that may be a person's with one of these ids, or that have one of these addresses. Null: there are too many. */
    ties(ids: readonly string[], addresses: readonly string[]): Promise<Tie[] | null>;
    /** Makes the trial know nobody but the people with these ids. Call it before the read. */
    limitTo(ids: readonly string[]): Promise<void>;
    /**
     * The people whom the connection links under this id, name in the source, address or name. The best matches come
     * first, at most `limit`.
     */
    linked(person: string, limit: number): Promise<LinkedPerson[]>;
  };

/** A HELD run: when it was queued, and why it is held. */
export type WaitingRun = { queuedAt: Date; reasons: readonly string[] };

/** A contact, and who it can belong to. `address`: in lower case. `here`: whom this connection links with it. `elsewhere`: ids in others. */
export type Tie = { active: boolean; address: string | null; here: string | null; elsewhere: readonly string[] };

/** A trial of these settings. `connectionId`: null for a connection that is not saved. */
export type TrialRequest = { workspaceId: string; connectionId: string | null; settings: ConnectionSettings };

export type TrialStore = {
  /** Opens a trial for the time of `work`. Few are open at a time; others wait. When `signal` aborts, its session ends. */
  use<T>(
    request: TrialRequest & { ids: IdSpace | null; files: SyncRun['files'] },
    work: (trial: Trial) => Promise<T>,
    signal: AbortSignal,
  ): Promise<T>;
  close(): Promise<void>;
};

/** One field as the mapping gives it, before merging. `from`: the attribute that gave the value, or what was asked for one. */
export type MappedField = { field: ContactField; label: string | null; value: string | null; from: string };

/** A person as a preview shows them. `id`: empty if the source has none. */
export type PersonPreview = {
  id: string;
  dn: string;
  fields: readonly MappedField[];
  problems: readonly string[];
  action: ChangeAction;
  /** Why, of a person who is left alone or gone. */
  reason: string | null;
  contactId: string | null;
  contactName: string | null;
  before: ContactValues | null;
  after: ContactValues | null;
};

/** What the next run would do after an edit, compared with the last complete read. */
export type Impact = {
  comparedWith: Date;
  gained: number;
  lost: number;
  changed: number;
  fields: readonly FieldImpact[];
  wouldHold: readonly string[];
  examples: readonly PersonPreview[];
};

export type ConnectionPreview = {
  included: number;
  excluded: Excluded;
  /** Names of some who are left out, by reason. */
  examples: { [reason in keyof Excluded]?: readonly string[] };
  people: readonly PersonPreview[];
  /** Notes about the read, for people. */
  notes: readonly string[];
  impact: Impact | null;
};

/** One step of an explanation, a sentence for people. */
export type ExplanationStep = { step: string; passed: boolean; detail: string };

/** Everything about one person. `found`: the source has them. `included`: the next run would take them in. */
export type PersonExplanation = {
  found: boolean;
  included: boolean;
  steps: readonly ExplanationStep[];
  person: PersonPreview | null;
};

/** A person whom the connection links or has linked, and their contact. */
export type LinkedPerson = {
  personId: string;
  person: string;
  goneSince: Date | null;
  contact: { id: string; name: string; status: ContactStatus; removalDueAt: Date | null };
};
