import type { Actor, Workspace } from './access.ts';
import type { ConnectionStatus, OrphanedContacts, Secrets, SourceKind } from './connection.ts';
import type { ContactStatus } from './contact.ts';
import type { Allow } from './deadline.ts';
import type {
  ChangeRecord,
  ConnectionEdit,
  ConnectionRecord,
  ContactRecord,
  ContactSourceRecord,
  RunRecord,
} from './records.ts';
import type { ChangeAction, LogLevel, LogLine, RunStatus } from './run.ts';
import type { StoredFile } from './stored-files.ts';

/** `first` is 1 to 200; `after` an `endCursor` of the same list with the same order and filters. */
export type PageRequest = { first: number; after: string | null };

/** `totalCount` is asked for only when somebody wants it. */
export type Page<T> = { nodes: T[]; hasNextPage: boolean; endCursor: string | null; totalCount: () => Promise<number> };

export const ContactOrder = {
  NAME_ASC: 'NAME_ASC',
  NAME_DESC: 'NAME_DESC',
  COMPANY_ASC: 'COMPANY_ASC',
  COMPANY_DESC: 'COMPANY_DESC',
  UPDATED_ASC: 'UPDATED_ASC',
  UPDATED_DESC: 'UPDATED_DESC',
  CREATED_DESC: 'CREATED_DESC',
} as const;
export type ContactOrder = (typeof ContactOrder)[keyof typeof ContactOrder];

export type ContactFilter = {
  search: string | null;
  email: string | null;
  externalId: string | null;
  status: ContactStatus | null;
  connectionId: string | null;
  updatedSince: Date | null;
  orderBy: ContactOrder;
};

export type ChangeFilter = { action: ChangeAction | null; search: string | null };

export type LogQuery = { after: number; minLevel: LogLevel; search: string | null; first: number };
/** `lastSeq`: of the newest line looked at, filtered out or not: the `after` to go on from. */
export type LogSlice = { lines: LogLine[]; lastSeq: number; hasMore: boolean };

/**
 * All that the API reads and saves of one workspace, behind row-level security: each statement runs in a transaction with
 * that workspace set. Reads asked for at the same time share one transaction, which ends when none is waiting; they are
 * sent one after another. Unknown, foreign and malformed ids are alike: they yield nothing. A garbled or foreign cursor and
 * `first` out of range are an AppError BAD_USER_INPUT.
 */
export type WorkspaceStore = {
  workspace(): Promise<Workspace>;

  connectionsPage(
    filter: { search: string | null; status: ConnectionStatus | null; kind: SourceKind | null },
    page: PageRequest,
  ): Promise<Page<ConnectionRecord>>;
  connectionsByIds(ids: readonly string[]): Promise<ConnectionRecord[]>;
  /** The newest run of each connection, dry ones included; a connection without one is absent. */
  lastRunsOf(connectionIds: readonly string[]): Promise<RunRecord[]>;
  /** Active contacts that each connection feeds, by connection id; 0 where absent. */
  contactCountsOf(connectionIds: readonly string[]): Promise<Map<string, number>>;

  /** The first page of the runs of each of these connections, newest first, all at once. */
  runsPagesOf(connectionIds: readonly string[], first: number): Promise<(connectionId: string) => Page<RunRecord>>;
  runsPage(
    filter: { connectionId: string | null; status: readonly RunStatus[] | null },
    page: PageRequest,
  ): Promise<Page<RunRecord>>;
  runsByIds(ids: readonly string[]): Promise<RunRecord[]>;
  /** Stored lines after `after`, oldest first, the DEBUG lines of applied changes among them. */
  runLog(runId: string, query: LogQuery): Promise<LogSlice>;
  /** The same of each of these runs, all at once. */
  runLogsOf(runIds: readonly string[], query: LogQuery): Promise<(runId: string) => LogSlice>;
  changesPage(runId: string, filter: ChangeFilter, page: PageRequest): Promise<Page<ChangeRecord>>;
  /** The first page of the changes of each of these runs, all at once. */
  changesPagesOf(
    runIds: readonly string[],
    filter: ChangeFilter,
    first: number,
  ): Promise<(runId: string) => Page<ChangeRecord>>;

  contactsPage(filter: ContactFilter, page: PageRequest): Promise<Page<ContactRecord>>;
  contactsByIds(ids: readonly string[]): Promise<ContactRecord[]>;
  sourcesOf(contactIds: readonly string[]): Promise<ContactSourceRecord[]>;

  createConnection(edit: ConnectionEdit, secrets: Secrets, by: Actor): Promise<ConnectionRecord>;
  /**
   * Reads the connection under a lock, lets `change` make the new one of it, and saves that when anything differs (then
   * `version` grows by one). A secret that `secrets` does not name is kept; null removes one. A change of priority makes the links of all connections that
   * share contacts with this one be looked at again. Null: no such connection. AppError CONFLICT with `currentVersion`
   * when `expectedVersion` is given and another. What `change` throws ends it, nothing saved.
   */
  updateConnection(
    id: string,
    expectedVersion: number | null,
    change: (current: ConnectionRecord) => { edit: ConnectionEdit; secrets?: Secrets },
  ): Promise<ConnectionRecord | null>;
  /**
   * Stores a file for a connection, in place of the one before once it is whole; that stays where `bytes` throws. Null: no such
   * connection.
   */
  saveFile(connectionId: string, name: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredFile | null>;
  /** False: no such connection. Its runs stay, without connection; a contact that others feed too is left to them. */
  deleteConnection(id: string, contacts: OrphanedContacts, by: Actor): Promise<boolean>;
};

export type Store = {
  /** `allow` is asked before each transaction; without it, nothing but the sessions' own limits bounds them. */
  in(workspaceId: string, allow?: Allow): WorkspaceStore;
  /** Sets the workspace up at its first valid token, and takes over a changed name or time zone. */
  admitWorkspace(workspace: { id: string; name: string; timeZone: string }): Promise<void>;
};
