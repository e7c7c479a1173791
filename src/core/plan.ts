import type { AbsentPerson } from './absence.ts';
import type { ContactField, ContactStatus, ContactValues, Fills, IndexedText, TextField } from './contact.ts';
import type { ChangeAction, LogCode } from './run.ts';

/** What planning knows (facts, which the tables are asked for) and what it decides (which is written into the plan). */

/** A connection's place where several fill one field: lower priority first, then the older connection. */
export type Rank = { priority: number; createdAt: number; connectionId: string };

/** What another connection brings to a contact. */
export type OtherLink = { connectionName: string; rank: Rank; fills: Fills };

/**
 * Whether a linked person is absent: not as far as is known; since an earlier read, of which this one has nothing new; as this
 * one finds, and the contact stays without them, or is removed.
 */
export type Absence = 'none' | 'before' | 'stays' | 'removed';

/** A contact that a staged person is, or may turn out to be, with all that merging needs. */
export type CandidateContact = {
  id: string;
  version: number;
  status: ContactStatus;
  values: ContactValues;
  lockedFields: readonly ContactField[];
  /** What deactivation took away. */
  portalAccessBefore: boolean | null;
  /** How our own connection feeds it, if it does or did. */
  own: {
    externalId: string;
    person: string;
    fills: Fills;
    /** How often the link was asked to be looked at again. */
    recheck: number;
    absence: Absence;
  } | null;
  /** The other connections that feed it now. */
  others: readonly OtherLink[];
  /** Changes when a link of another connection is asked to be looked at again, or goes. */
  othersRecheck: number;
};

/** Who else has, or may get, the addresses that a person may get. */
export type AddressFacts = {
  /** The active contact that holds the person's address, when it is another one than `linked`. */
  holder: CandidateContact | null;
  /** The active contact that holds the address which `linked`, inactive, had. */
  heir: CandidateContact | null;
  /** How many people of this read may get an address that this one may get, this one included. */
  claimants: number;
};

/** A staged person, with the facts on which their decision rests. */
export type Question = AddressFacts & {
  person: string;
  values: ContactValues;
  alternatives: Partial<Record<TextField, string[]>>;
  fills: Fills;
  /** The contact linked to this person's stable id. */
  linked: CandidateContact | null;
};

/** A question, and where its answer stands in the plan. */
export type PlacedQuestion = Question & { position: number };

/** A contact as a decision found it: once it is another one, the decision is not carried out. */
export type FoundContact = {
  id: string;
  version: number;
  /** Of the person's link, or, for one to be made, of the contact's others. */
  recheck: number;
  values: ContactValues;
};

/** Somebody who is left alone. */
export type Skip = {
  kind: 'skip';
  /** The contact that they have. */
  contactId: string | null;
  /** Its name, or the one that theirs would have got. */
  contactName: string | null;
  code: LogCode;
  reason: string;
};

/** Somebody whose decision does not stand after all. */
export type Refusal = { position: number; skip: Skip };

/** What must come true in the same plan for a decision to stand; `otherwise` takes its place if it does not. */
export type Condition =
  | { kind: 'none' }
  /** The contact gives up its address. */
  | { kind: 'addressFreed'; contactId: string; otherwise: Skip }
  /** The read has not brought the person whom the contact had. */
  | { kind: 'contactLost'; contactId: string; otherwise: Skip };

/** An address that the person would get, and that somebody else of this read may get, too. */
export type Claim = {
  address: string;
  /** As that of a contact which is theirs already. */
  keeps: boolean;
};

/** A decided row of the plan that is about a contact: with which address it finds the contact, and leaves it. */
export type PlannedAddress = {
  contactId: string;
  position: number;
  action: ChangeAction;
  addressNow: string | null;
  addressThen: string | null;
};

/** What becomes of a staged person. */
export type Decision =
  | { kind: 'create'; after: ContactValues; onlyIf: Condition; claim: Claim | null }
  | {
      kind: 'update' | 'link' | 'reactivate';
      contact: FoundContact;
      after: ContactValues;
      onlyIf: Condition;
      claim: Claim | null;
    }
  /** The contact has all that the person brings. */
  | { kind: 'asBefore'; contact: FoundContact }
  | (Skip & { claim: Claim | null });

/**
 * A decision on the way into the plan. `staged`: which sides the person's row has already, as their draft. `indexed`: of
 * what the contact is to hold, where that is to be written.
 */
export type Decided = {
  position: number;
  decision: Decision;
  staged: { before: boolean; after: boolean };
  indexed: IndexedText | null;
};

/** What becomes of a contact whose person is absent. `newly`: since the present read. */
export type AbsentOutcome =
  /** All that is to be said of it has been noted before. */
  | { kind: 'nothing' }
  | { kind: 'deactivate' | 'delete'; newly: boolean; reason: string }
  | { kind: 'stay'; newly: boolean; reason: string };

/** An outcome that is written into the plan. */
export type PlannedAbsence = {
  position: number;
  person: AbsentPerson;
  outcome: Exclude<AbsentOutcome, { kind: 'nothing' }>;
};

/** Why a row of the plan changes no contact: what its column `stays` says. */
export const Stays = {
  /** The person brings what the contact has. */
  AS_BEFORE: 'AS_BEFORE',
  /** The person is gone since this read. */
  NEWLY_GONE: 'NEWLY_GONE',
  /** The person was gone before. */
  STILL_GONE: 'STILL_GONE',
  /** The person is gone, and the contact goes to somebody else of this read. */
  TAKEN_OVER: 'TAKEN_OVER',
} as const;
export type Stays = (typeof Stays)[keyof typeof Stays];
