import type { MessagePort } from 'node:worker_threads';
import type { Continuation, Extent, FeedEnd, Since } from '../core/arrivals.ts';
import type { ConnectionSettings, Scope, Secrets, SourceKind, SourceSettings } from '../core/connection.ts';
import type { Fills } from '../core/contact.ts';
import type { SourceNote } from '../core/entry.ts';
import type { PhotoFinding, PhotoQuestion } from '../core/photo.ts';
import type { Rank } from '../core/plan.ts';
import type { FilledFields } from '../core/quality.ts';
import type { Excluded, ExclusionReason, RunError, RunMode } from '../core/run.ts';
import type { AddressPolicy, ConnectionTest, LookedUp, LookUp, Outside } from '../core/source-session.ts';
import type { ConnectionProposal, DiscoveredAttribute } from '../core/sources-port.ts';
import type { StagedCounts } from '../core/sync-store.ts';
import type { ExplanationStep, MappedField } from '../core/trial.ts';

/** The task of a reading thread: one read. */
export type ReadTask = {
  workspaceId: string;
  runId: string;
  settings: ConnectionSettings;
  rank: Rank;
  secrets: Secrets;
  addresses: AddressPolicy;
  /** The time of the read. */
  at: Date;
  /** Where the last run ended, if the source may continue there. Its memory is what `done` gave. */
  since: Since | null;
  /** Why the source may continue there, or why not. */
  modeReason: string;
  /** The people to show besides; left out: none. */
  sample?: SampleWish;
  /** The only people to be read, by name (see ReadRequest). Left out: everybody. */
  only?: readonly string[];
};

/**
 * The first `people` in scope, and everybody with one of the ids `watched`, whose decision is made again even if they
 * are unchanged.
 */
export type SampleWish = { people: number; watched: readonly string[] };

/** A person in scope. `skipped`: why the person is skipped; nothing was mapped then. */
export type SeenPerson = {
  id: string | null;
  name: string;
  fields: readonly MappedField[];
  remarks: readonly string[];
  skipped: string | null;
};

/** `people`: in the order of arrival. `leftOut`: some of those left out, by reason. */
export type ReadSample = {
  people: readonly SeenPerson[];
  watched: readonly SeenPerson[];
  leftOut: { [reason in ExclusionReason]?: string[] };
};

/** A source that a reading thread is to open, and how. */
export type SourceTask = { kind: SourceKind; settings: SourceSettings; secrets: Secrets; addresses: AddressPolicy };

/** The task to discover the attributes of `people` people in scope at the time `at`. */
export type DiscoverTask = SourceTask & { scope: Scope; people: number; at: Date };

/** The person to look for, and the settings that decide about them. */
export type FindTask = SourceTask & { person: string; connection: ConnectionSettings; at: Date };

/** People to be looked up, with the settings of their connection. */
export type LookUpTask = SourceTask & {
  wanted: Pick<LookUp, 'ids' | 'addresses'>;
  connection: ConnectionSettings;
  at: Date;
};

/**
 * A person who was found: whether the source has them at all, each condition, and each mapping in words. `circle`: who has the same id or
 * address, among them the person; null: only a read of everybody can tell.
 */
export type FoundPerson =
  | { kind: 'nobody'; where: string }
  | {
      kind: 'found';
      id: string | null;
      name: string;
      steps: readonly ExplanationStep[];
      fields: readonly MappedField[];
      problems: readonly string[];
      circle: readonly LookedUp[] | null;
    };

/** The task to make a proposal at the time `at`. */
export type ProposeTask = SourceTask & { at: Date };

/** The questions about a source that can be asked without a run. */
export type Looks = {
  test: { task: SourceTask; answer: ConnectionTest };
  propose: { task: ProposeTask; answer: ConnectionProposal };
  discover: { task: DiscoverTask; answer: DiscoveredAttribute[] };
  find: { task: FindTask; answer: FoundPerson };
  lookUp: { task: LookUpTask; answer: readonly LookedUp[] | null };
  outside: { task: SourceTask & { scope: Scope }; answer: Outside[] };
};
export type Look = keyof Looks;

/** One of these questions. */
export type Asked<K extends Look> = { [look in K]: { look: look; task: Looks[look]['task'] } }[K];

/** The source in which a reading thread looks for photos. */
export type PhotoTask = SourceTask;

/** The counts of a read so far. `withoutId` counts people in scope without a readable id. */
export type ReadCounts = { read: number; inScope: number; unchanged: number; withoutId: number; excluded: Excluded };

/**
 * The result of a read. `gone`: how many linked people are gone, if the read can be trusted about that. `memory`: for
 * the next read, besides the cursor; null: the same that this read was given.
 */
export type ReadDone = {
  extent: Extent;
  mode: RunMode;
  continuation: Continuation;
  end: Omit<FeedEnd, 'memory'>;
  memory: Uint8Array | null;
  counts: ReadCounts;
  staged: StagedCounts;
  /** How many of the staged people have a manager. */
  withManager: number;
  /** How many of them have findings. */
  withFindings: number;
  /** The fields that they have. */
  filled: FilledFields;
  gone: number;
};

/**
 * What the reading thread sends during a read. `takenBack` comes after all rows and before `done`: the rows of these people
 * below these positions are void.
 */
export type FromReader =
  | { kind: 'connected'; server: string; notes: readonly SourceNote[] }
  | { kind: 'counts'; counts: ReadCounts }
  | { kind: 'sample'; sample: ReadSample }
  | { kind: 'rows'; bytes: Uint8Array }
  | { kind: 'fills'; id: string; fields: Fills }
  | { kind: 'begun'; extent: Extent; mode: RunMode; reason: string }
  | { kind: 'takenBack'; rows: [id: string, before: number][] }
  | ({ kind: 'done' } & ReadDone)
  | { kind: 'gone'; ids: string[] }
  | { kind: 'goneDone' }
  | { kind: 'free' }
  | { kind: 'failed'; error: RunError };

/** The thread's answer to such a question. */
export type FromLook<K extends Look> =
  | { kind: 'looked'; answer: Looks[K]['answer'] }
  | { kind: 'failed'; error: RunError };

/** What the reading thread sends for each list of people whose photos it looked up, in their order. */
export type FromPhotos =
  | { kind: 'photos'; found: PhotoFinding[] }
  | { kind: 'failed'; error: RunError }
  | { kind: 'free' };

/**
 * What the main thread sends. `look` is answered by `looked` or `failed`. `task` begins a read: `known` chunks follow, and at `knownEnd`
 * people are taken in. `stored` confirms `rows` and gives their memory back. `sweep` chunks come after `done`. `findPhotos` begins
 * to look for photos: `people` are lists of people to look for, each answered by `photos`. `over` ends the
 * work and is answered by `free`. `files` gives access to stored files (lend-files.ts).
 */
export type ToReader =
  | { kind: 'look'; asked: Asked<Look>; files: MessagePort | null }
  | { kind: 'task'; task: ReadTask; files: MessagePort | null }
  | { kind: 'known'; bytes: Uint8Array }
  | { kind: 'knownEnd' }
  | { kind: 'stored'; memory: readonly ArrayBuffer[] }
  | { kind: 'sweep'; bytes: Uint8Array }
  | { kind: 'sweepEnd' }
  | { kind: 'findPhotos'; task: PhotoTask }
  | { kind: 'people'; people: readonly PhotoQuestion[] }
  | { kind: 'over' };
