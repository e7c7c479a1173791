import type { BeginArrivals, Since } from './arrivals.ts';
import type { FieldMapping, Scope } from './connection.ts';
import type { Entry, SourceNote } from './entry.ts';
import type { PhotoFinding, PhotoQuestion } from './photo.ts';
import type { ExclusionReason } from './run.ts';
import type { StoredFiles } from './stored-files.ts';

/** What a run asks of a source. */
export type ReadRequest = {
  /** The attribute names as the mapping writes them, each attribute once. */
  attributes: readonly string[];
  scope: Scope;
  /** The time of the read. Accounts that have expired before it count as disabled. */
  at: Date;
  /** Whether a changed photo must show in the entry (see `Entry.photoMark`). Photos themselves are never part of a read. */
  photo?: boolean;
  /**
   * Where the last run ended. The source may send only the changes since then, if it can. Null: it must send everybody.
   */
  since: Since | null;
  /**
   * Resolves when the run is ready for people. The source may send requests to its server earlier, but waits before it
   * sends people. Left out: the run is ready.
   */
  ready?: Promise<void>;
  /**
   * People whom the run wants to see besides those who have changed. May be called only when the run is ready. Left
   * out: the run does not know.
   */
  again?(): AskedAgain;
  /** The names of the only people to be read, as `lookUp` gave them. Left out: everybody. Only for sources that can look up people. */
  only?: readonly string[];
};

/**
 * The ids of people whom a run must see although their entries are unchanged: the last run skipped them, or their
 * contacts were changed. Null: there are more than are remembered. `known`: how many people the run knows.
 */
export type AskedAgain = { ids: readonly string[] | null; known: number };

/** The people to sample: those whom the scope may include, until `take` has enough. */
export type SampleRequest = Pick<ReadRequest, 'attributes' | 'scope' | 'at'> & {
  /** How many people are wanted. A source with several places takes some from each. */
  people: number;
  take(person: SampledPerson): 'taken' | 'left out' | 'enough';
};

/** A person with all of their attributes, under the names that the source uses. */
export type SampledPerson = { entry: Entry; has: readonly SampledValues[] };

/** The values of an attribute: how many there are, and the first of them as people can read them. */
export type SampledValues = { name: string; count: number; shown: readonly string[] };

/** The most sample values that are shown of one attribute of one person. */
export const mostShown = 3;

/**
 * People whom the source itself leaves out, so that a read does not bring them. `names`: some of them, as the source
 * names them.
 */
export type Outside = { reason: ExclusionReason; count: number; names: string[] };

/** The most names that are shown of people who are left out for one reason. */
export const mostNamed = 5;

/** A question about one person: by id, by the name that the source gives them (a DN), by address or by name. */
export type PersonQuestion = Pick<ReadRequest, 'attributes' | 'scope' | 'at'> & { person: string };

/** One condition that a person must meet to be in scope, in words for people. */
export type ScopeCondition = { step: string; passed: boolean; detail: string };

/**
 * The best match for a question, in scope or not. `by`: what matched. `others`: the source's names of other people who
 * also match. `conditions`: those that the source itself decides.
 */
export type PersonFinding =
  | { kind: 'found'; entry: Entry; by: string; others: readonly string[]; conditions: readonly ScopeCondition[] }
  | { kind: 'nobody'; where: string };

/**
 * Which people have one of these ids, or one of these addresses (in lower case) in one of these attributes? They may be in scope or not.
 * `addressOf`: the primary address, in lower case, that the mapping gives an entry with these attributes; null: none.
 */
export type LookUp = Pick<ReadRequest, 'attributes' | 'scope' | 'at'> & {
  ids: readonly string[];
  addresses: readonly string[];
  addressOf(entry: Entry): string | null;
};

/** Somebody who was looked up. */
export type LookedUp = { id: string; name: string; address: string | null };

/** An open connection to a source, signed in and checked. Each failure is an AppError with a code of the contract. */
export type SourceSession = {
  /** The server of the connection, e.g. `ldaps://ldap.example.com (OpenLDAP)`. */
  readonly server: string;
  /** Remarks made while connecting (e.g. URLs that were unreachable). */
  readonly notes: readonly SourceNote[];
  /**
   * Sends the people that the scope may include, page by page, and then the end. A person may be sent as often as they are found.
   * Throws an AppError when the read breaks; then nobody may count as gone.
   */
  read(request: ReadRequest, begin: BeginArrivals, signal: AbortSignal): Promise<void>;
  /** Samples people with all their attributes. Resolves with the mappings that suit this source. Throws an AppError. */
  sample(request: SampleRequest, signal: AbortSignal): Promise<readonly FieldMapping[]>;
  /** Counts the people whom the source itself leaves out by a scope. Left out: a read brings everybody. Throws an AppError. */
  outside?(scope: Scope, signal: AbortSignal): Promise<Outside[]>;
  /** Looks for one person. Throws an AppError when the source can't be asked. */
  find(question: PersonQuestion, signal: AbortSignal): Promise<PersonFinding>;
  /**
   * Looks up all people whose entry can decide about others. Null: a search can't find them all, so everybody must be read.
   * Left out: the source can't search. Throws an AppError.
   */
  lookUp?(wish: LookUp, signal: AbortSignal): Promise<LookedUp[] | null>;
  /**
   * Looks up one person's photo. Left out: the source has none. Throws an AppError when the session can't be used any
   * more.
   */
  photo?(person: PhotoQuestion, signal: AbortSignal): Promise<PhotoFinding>;
  close(): Promise<void>;
};

/** The addresses to which sources may connect; see ALLOW_PRIVATE_SOURCES. */
export type AddressPolicy = { allowPrivate: boolean; cidrs: readonly string[] };

export type OpenOptions = {
  addresses: AddressPolicy;
  files: StoredFiles;
  signal: AbortSignal;
  /** The name servers that know the servers of a domain, as `address:port`. Left out: those of the system. */
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
