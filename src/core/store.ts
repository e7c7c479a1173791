import type { Actor, Workspace } from './access.ts';
import type { ConnectionStatus, OrphanedContacts, Secrets, SourceKind } from './connection.ts';
import type { ContactStatus } from './contact.ts';
import type { ContactEdit, EditableContact, MergedContacts, RevertedChange, SavedContact } from './contact-edit.ts';
import type { ContactFeedPart, FeedRequest } from './contact-feed.ts';
import type { Allow } from './deadline.ts';
import type { Photo } from './photo.ts';
import type { FindingCount, FindingRecord, QualityKind } from './quality.ts';
import type {
  ChangeRecord,
  ConnectionEdit,
  ConnectionRecord,
  ContactPart,
  ContactRecord,
  ContactSourceRecord,
  OriginRecord,
  RunRecord,
  WatchRecord,
} from './records.ts';
import type { ChangeAction, LogLevel, LogLine, RunStatus } from './run.ts';
import type { StoredFile } from './stored-files.ts';

/** `first` is 1 to 200. `after` is an `endCursor` of the same list, with the same order and filters. */
export type PageRequest = { first: number; after: string | null };

/** `totalCount` is computed only when it is called. `cursorAt`: the cursor of a node, to go on after it. */
export type Page<T> = {
  nodes: T[];
  hasNextPage: boolean;
  endCursor: string | null;
  cursorAt: (index: number) => string | null;
  totalCount: () => Promise<number>;
};

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
  /** Whether the date of their removal is set. */
  dueForRemoval: boolean | null;
  orderBy: ContactOrder;
};

/** A page of findings, with the numbers of all findings of the run. `note`: why there are no findings although they were counted. */
export type FindingsPage = Page<FindingRecord> & { counts: FindingCount[]; note: string | null };

export type ChangeFilter = { action: ChangeAction | null; search: string | null };

export type LogQuery = { after: number; minLevel: LogLevel; search: string | null; first: number };
/** `lastSeq` is the number of the newest line read, even if the filter dropped it: the `after` to continue from. */
export type LogSlice = { lines: LogLine[]; lastSeq: number; hasMore: boolean };

/**
 * All that the API reads and saves in one workspace, behind row-level security: each statement runs in a transaction with that
 * workspace set. Reads that are requested at the same time share one transaction, which sends them one after another and ends when
 * none is waiting. Unknown, foreign and malformed ids all return nothing. A garbled or foreign cursor, or `first` out of range,
 * throws an AppError BAD_USER_INPUT.
 */
export type WorkspaceStore = {
  workspace(): Promise<Workspace>;

  connectionsPage(
    filter: { search: string | null; status: ConnectionStatus | null; kind: SourceKind | null },
    page: PageRequest,
  ): Promise<Page<ConnectionRecord>>;
  connectionsByIds(ids: readonly string[]): Promise<ConnectionRecord[]>;
  /** The newest run of each connection, including dry runs. A connection without a run is left out. */
  lastRunsOf(connectionIds: readonly string[]): Promise<RunRecord[]>;
  /** The state of the watch of each connection. A connection that has never been watched is left out. */
  watchesOf(connectionIds: readonly string[]): Promise<WatchRecord[]>;
  /** How many active contacts each connection feeds, by connection id; a missing id means 0. */
  contactCountsOf(connectionIds: readonly string[]): Promise<Map<string, number>>;

  /** The first page of runs, newest first, of all these connections in one query. */
  runsPagesOf(connectionIds: readonly string[], first: number): Promise<(connectionId: string) => Page<RunRecord>>;
  runsPage(
    filter: { connectionId: string | null; status: readonly RunStatus[] | null },
    page: PageRequest,
  ): Promise<Page<RunRecord>>;
  runsByIds(ids: readonly string[]): Promise<RunRecord[]>;
  /** The lines after `after`, oldest first, including the DEBUG lines of applied changes. */
  runLog(runId: string, query: LogQuery): Promise<LogSlice>;
  /** The same for all these runs in one query. */
  runLogsOf(runIds: readonly string[], query: LogQuery): Promise<(runId: string) => LogSlice>;
  /**
   * A page of the findings of each of these runs in one query. `after` is a cursor of one run's list. Null: the run has
   * not planned yet, or its connection has been deleted.
   */
  findingsPages(
    runIds: readonly string[],
    kind: QualityKind | null,
    page: PageRequest,
  ): Promise<(runId: string) => FindingsPage | null>;
  changesPage(runId: string, filter: ChangeFilter, page: PageRequest): Promise<Page<ChangeRecord>>;
  /** The first page of changes of all these runs in one query. */
  changesPagesOf(
    runIds: readonly string[],
    filter: ChangeFilter,
    first: number,
  ): Promise<(runId: string) => Page<ChangeRecord>>;

  /** Reads these parts of the contacts; all when left out. */
  contactsPage(filter: ContactFilter, page: PageRequest, parts?: readonly ContactPart[]): Promise<Page<ContactRecord>>;
  contactsByIds(ids: readonly string[], parts?: readonly ContactPart[]): Promise<ContactRecord[]>;
  /** The changes of a contact, by runs and by people, the newest first. */
  contactHistory(contactId: string, page: PageRequest): Promise<Page<ChangeRecord>>;
  /** Where each filled field of these contacts comes from, by the contact's id. */
  originsOf(contactIds: readonly string[]): Promise<Map<string, OriginRecord[]>>;
  /**
   * The next changes of contacts, by runs and by people, each once, in the order of their commits. Throws an AppError BAD_USER_INPUT for a
   * cursor of something else, and CURSOR_TOO_OLD when the history does not reach back so far.
   */
  contactFeed(request: FeedRequest): Promise<ContactFeedPart>;
  sourcesOf(contactIds: readonly string[]): Promise<ContactSourceRecord[]>;
  /** The managers of these contacts, by the contact's id. A contact without one, or whose manager has no contact, is left out. */
  managersOf(contactIds: readonly string[]): Promise<Map<string, ContactRecord>>;
  /** The SHA-256 of the photos of these contacts, in hexadecimal digits, by contact id. Contacts without a photo are left out. */
  photoHashesOf(contactIds: readonly string[]): Promise<Map<string, string>>;
  /** A contact's photo. Null: there is none, or no such contact. */
  photoOf(contactId: string): Promise<Photo | null>;
  /** The contacts whose manager this is, by name. */
  reportsPage(managerId: string, page: PageRequest): Promise<Page<ContactRecord>>;
  /** The first page of the reports of all these contacts in one query. */
  reportsPagesOf(managerIds: readonly string[], first: number): Promise<(managerId: string) => Page<ContactRecord>>;

  createConnection(edit: ConnectionEdit, secrets: Secrets, by: Actor): Promise<ConnectionRecord>;
  /**
   * Reads the connection under a lock, calls `change`, and saves the result if anything differs; then `version` grows by one. A
   * secret that `secrets` does not name is kept; null removes it. When the priority changes, the links of all connections that share
   * contacts with this one are checked again. Null: no such connection. Throws an AppError CONFLICT with `currentVersion` if
   * `expectedVersion` is not the current one. If `change` throws, nothing is saved.
   */
  updateConnection(
    id: string,
    expectedVersion: number | null,
    change: (current: ConnectionRecord) => { edit: ConnectionEdit; secrets?: Secrets },
  ): Promise<ConnectionRecord | null>;
  /**
   * Stores a file for a connection. It replaces the previous file once it is complete; if `bytes` throws, the previous file stays.
   * Null: no such connection.
   */
  saveFile(connectionId: string, name: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredFile | null>;
  /** Saves a contact that somebody has entered. */
  createContact(edit: ContactEdit, by: Actor): Promise<SavedContact<ContactRecord>>;
  /**
   * Reads the contact under a lock, calls `change`, and saves the result if anything differs. The connections that feed the contact look
   * at it again at their next run. Null: no such contact. Throws an AppError CONFLICT with `currentVersion` if `expectedVersion` is not
   * the current one. If `change` throws, nothing is saved.
   */
  updateContact(
    id: string,
    expectedVersion: number | null,
    change: (current: EditableContact) => ContactEdit,
    by: Actor,
  ): Promise<SavedContact<ContactRecord> | null>;
  /**
   * Merges two contacts of one person. The first one stays, with the values that `merge` gives it, and with the links and the history of
   * both. The second one is deleted. Null: one of them is unknown.
   */
  mergeContacts(
    keepId: string,
    dropId: string,
    merge: (keep: EditableContact, drop: EditableContact) => ContactEdit,
    by: Actor,
  ): Promise<MergedContacts<ContactRecord> | null>;
  /** Deletes contacts, and returns the ids of those that there were. The next full run brings back people who are still in a source. */
  deleteContacts(ids: readonly string[], by: Actor): Promise<string[]>;
  /**
   * Reverts one change of one contact, given its change set and position. Null: there is no such change. If a run made
   * the change, the next run is held before it makes it again.
   */
  revertChange(changeSet: string, position: number, by: Actor): Promise<RevertedChange<ContactRecord> | null>;
  /** False: no such connection. Its runs stay, without a connection. Contacts that other connections feed, too, are left as they are. */
  deleteConnection(id: string, contacts: OrphanedContacts, by: Actor): Promise<boolean>;
};

export type Store = {
  /** `allow` is called before each transaction. Without it, only the limits of the database session apply. */
  in(workspaceId: string, allow?: Allow): WorkspaceStore;
  /** Creates the workspace at its first valid token, and updates its name and time zone when they change. */
  admitWorkspace(workspace: { id: string; name: string; timeZone: string }): Promise<void>;
};
