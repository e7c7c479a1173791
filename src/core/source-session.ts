import type { BeginArrivals, Since } from './arrivals.ts';
import type { Scope } from './connection.ts';
import type { SourceNote } from './entry.ts';
import type { PhotoFinding, PhotoQuestion } from './photo.ts';
import type { StoredFiles } from './stored-files.ts';

/** What a run asks of a source. */
export type ReadRequest = {
  /** The attribute names as the mapping writes them, each attribute once. */
  attributes: readonly string[];
  scope: Scope;
  /** The time of the read. Accounts that have expired by then count as disabled. */
  at: Date;
  /** Whether a changed photo must show in the entry (see `Entry.photoMark`). Photos themselves are never part of a read. */
  photo?: boolean;
  /** Where the last run ended. A source that can may send only the changes since then. Null: send everybody. */
  since: Since | null;
};

/** An open connection to a source, signed in and checked. Each failure is an AppError with a code of the contract. */
export type SourceSession = {
  /** The server we reached, e.g. `ldaps://ldap.example.com (OpenLDAP)`. */
  readonly server: string;
  /** Remarks made while connecting (e.g. URLs that were unreachable). */
  readonly notes: readonly SourceNote[];
  /**
   * Sends the people that the scope may include, page by page, and then the end. A person may be sent as often as they are found.
   * Throws an AppError when the read breaks; then nobody may count as gone.
   */
  read(request: ReadRequest, begin: BeginArrivals, signal: AbortSignal): Promise<void>;
  /** Looks up one person's photo. Left out: the source has none. Throws an AppError when the session is of no more use. */
  photo?(person: PhotoQuestion, signal: AbortSignal): Promise<PhotoFinding>;
  close(): Promise<void>;
};

/** The addresses to which sources may connect; see ALLOW_PRIVATE_SOURCES. */
export type AddressPolicy = { allowPrivate: boolean; cidrs: readonly string[] };

export type OpenOptions = {
  addresses: AddressPolicy;
  files: StoredFiles;
  signal: AbortSignal;
  /** The name servers that are asked for the servers of a domain, as `address:port`. Left out: those of the system. */
  nameServers?: readonly string[];
};

export type CheckStatus = 'OK' | 'WARN' | 'FAIL' | 'SKIPPED';
export type ConnectionCheck = { name: string; status: CheckStatus; detail: string; advice: string | null };

export type ConnectionTest = {
  ok: boolean;
  code: string | null;
  message: string;
  hint: string | null;
  server: string | null;
  latencyMs: number | null;
  checks: ConnectionCheck[];
};
