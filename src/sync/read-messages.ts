import type { MessagePort } from 'node:worker_threads';
import type { Cursor, Extent, FeedEnd } from '../core/arrivals.ts';
import type { ConnectionSettings, Secrets, SourceKind, SourceSettings } from '../core/connection.ts';
import type { Fills } from '../core/contact.ts';
import type { AddressPolicy, ConnectionTest, SourceNote } from '../core/directory.ts';
import type { Rank } from '../core/plan.ts';
import type { Excluded, RunError } from '../core/run.ts';
import type { StagedCounts } from '../core/sync-store.ts';

/** What a reading thread is to read. */
export type ReadTask = {
  workspaceId: string;
  runId: string;
  settings: ConnectionSettings;
  rank: Rank;
  secrets: Secrets;
  addresses: AddressPolicy;
  /** The time of the read. */
  at: Date;
  /** Where the last run came to, if the source may go on from there. */
  since: Cursor | null;
};

/** What a reading thread is to test. */
export type TestTask = { kind: SourceKind; settings: SourceSettings; secrets: Secrets; addresses: AddressPolicy };

/** How far a read is. `withoutId`: of those in scope, people without an id that can be read. */
export type ReadCounts = { read: number; inScope: number; unchanged: number; withoutId: number; excluded: Excluded };

/** What the reading thread says. `takenBack`: rows of these people before these positions are void; after all rows, before `done`. */
export type FromReader =
  | { kind: 'connected'; server: string; notes: readonly SourceNote[] }
  | { kind: 'counts'; counts: ReadCounts }
  | { kind: 'rows'; bytes: Uint8Array }
  | { kind: 'fills'; id: string; fields: Fills }
  | { kind: 'begun'; extent: Extent }
  | { kind: 'takenBack'; rows: [id: string, before: number][] }
  | { kind: 'done'; extent: Extent; end: FeedEnd; counts: ReadCounts; staged: StagedCounts; gone: number }
  | { kind: 'gone'; ids: string[] }
  | { kind: 'goneDone' }
  | { kind: 'free' }
  | { kind: 'failed'; error: RunError };

/** What it says when it tests a connection. */
export type FromTester = { kind: 'tested'; result: ConnectionTest };

/**
 * What is said to it: `test` asks for a test, answered by `tested`; `task` begins a read; `known` chunks come next, `knownEnd` lets it begin; `stored` when `rows` are, with
 * their memory, to be used again; `sweep` chunks come after `done`; `over` when nothing more is wanted of it, answered by `free`.
 * `files`: where stored files can be read, see lend-files.ts.
 */
export type ToReader =
  | { kind: 'test'; task: TestTask; files: MessagePort | null }
  | { kind: 'task'; task: ReadTask; files: MessagePort | null }
  | { kind: 'known'; bytes: Uint8Array }
  | { kind: 'knownEnd' }
  | { kind: 'stored'; memory: readonly ArrayBuffer[] }
  | { kind: 'sweep'; bytes: Uint8Array }
  | { kind: 'sweepEnd' }
  | { kind: 'over' };
