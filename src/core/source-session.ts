import type { BeginArrivals, Cursor } from './arrivals.ts';
import type { Scope } from './connection.ts';
import type { SourceNote } from './entry.ts';
import type { StoredFiles } from './stored-files.ts';

/** What a run asks of a source. */
export type ReadRequest = {
  /** Attribute names as the mapping writes them, each attribute once. */
  attributes: readonly string[];
  scope: Scope;
  /** The time of the read: accounts that have expired by then are switched off. */
  at: Date;
  /** Where the last run came to: a source that can may tell the changes from there on. Null: everybody is asked for. */
  since: Cursor | null;
};

/** An open connection to a source, signed in and checked. Any failure is an AppError with a code of the contract. */
export type SourceSession = {
  /** Whom we reached, e.g. `ldaps://ldap.example.com (OpenLDAP)`. */
  readonly server: string;
  /** Remarks made while connecting (e.g. URLs that were unreachable). */
  readonly notes: readonly SourceNote[];
  /**
   * Tells of the people whom the scope may include, page after page, and then of the end. Somebody may be told of as often as
   * found. Throws an AppError when the read breaks: nobody may be called gone then.
   */
  read(request: ReadRequest, begin: BeginArrivals, signal: AbortSignal): Promise<void>;
  close(): Promise<void>;
};

/** Which addresses may be dialled; see ALLOW_PRIVATE_SOURCES. */
export type AddressPolicy = { allowPrivate: boolean; cidrs: readonly string[] };

export type OpenOptions = { addresses: AddressPolicy; files: StoredFiles; signal: AbortSignal };

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
