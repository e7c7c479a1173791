import type { AbsentPerson } from './absence.ts';
import type { SourceKind } from './connection.ts';
import type { ContactField, ContactStatus, ContactValues, Fills, IndexedText, TextField } from './contact.ts';
import type { ChangeAction, LogCode } from './run.ts';

/** The facts that planning gets from the tables, and its decisions (rows of the plan). */

/** A connection's rank when several fill one field: lower priority first, then the older connection. */
export type Rank = { priority: number; createdAt: number; connectionId: string };

/** What another connection brings to a contact. */
export type OtherLink = { connectionName: string; rank: Rank; fills: Fills };

/**
 * Whether a linked person is absent. `none`: not as far as we know. `before`: since an earlier read. `stays` and `removed`: since
 * this read, and the contact stays or is removed.
 */
export type Absence = 'none' | 'before' | 'stays' | 'removed';

/** A contact that belongs to a staged person, or may belong to them, with all that merging needs. */
export type CandidateContact = {
  id: string;
  version: number;
  status: ContactStatus;
  values: ContactValues;
  lockedFields: readonly ContactField[];
  /** The portal access that deactivation took away. */
  portalAccessBefore: boolean | null;
  /** How this connection feeds it, if it does or did. */
  own: {
    externalId: string;
    person: string;
    fills: Fills;
    /** Counts the requests to check this link again. */
    recheck: number;
    absence: Absence;
  } | null;
  /** The other connections that feed it now. */
  others: readonly OtherLink[];
  /** Counts the requests to check the links of other connections again, and the removals of such links. */
  othersRecheck: number;
};

/** Who else has or may get the addresses that a person may get. */
export type AddressFacts = {
  /** The active contact that holds the person's address, if it is not `linked`. */
  holder: CandidateContact | null;
  /** The active contact that holds the former address of `linked`, which is inactive. */
  heir: CandidateContact | null;
  /** How many people of this read may get an address that this person may get, including this person. */
  claimants: number;
};

/** Sources in which a UUID means the same person everywhere: the name of their id space, and their kinds. */
export type IdSpace = { name: string; kinds: readonly SourceKind[] };

/** A staged person, with the facts that the decision about them needs. */
export type Question = AddressFacts & {
  person: string;
  values: ContactValues;
  alternatives: Partial<Record<TextField, string[]>>;
  fills: Fills;
  /**
   * The contact of this person's stable id: linked by this connection, or, where its id space is shared, made or linked by another one
   * (then `own` is null).
   */
  linked: CandidateContact | null;
};

/** A question with the position of its answer in the plan. */
export type PlacedQuestion = Question & { position: number; personId: string };

/** A contact as a decision found it. If the contact changes afterwards, the decision is not carried out. */
export type FoundContact = {
  id: string;
  version: number;
  /** The counter of the person's link; for a new link, that of the contact's other links. */
  recheck: number;
  values: ContactValues;
};

/** A person who is left alone. */
export type Skip = {
  kind: 'skip';
  /** The contact they already have. */
  contactId: string | null;
  /** Its name, or the name that a new contact would have had. */
  contactName: string | null;
  code: LogCode;
  reason: string;
};

/** A person whose decision is withdrawn. */
export type Refusal = { position: number; skip: Skip };

/** What else must happen in the same plan for a decision to be valid. If it does not happen, `otherwise` replaces the decision. */
export type Condition =
  | { kind: 'none' }
  /** The contact gives up its address. */
  | { kind: 'addressFreed'; contactId: string; otherwise: Skip }
  /** The read did not bring the person who had the contact. */
  | { kind: 'contactLost'; contactId: string; otherwise: Skip };

/** An address that the person would get, and that another person of this read may get, too. */
export type Claim = {
  address: string;
  /** The person's own contact already has it. */
  keeps: boolean;
};

/** A decided row of the plan about a contact, with the contact's address before and after it. */
export type PlannedAddress = {
  contactId: string;
  position: number;
  action: ChangeAction;
  addressNow: string | null;
  addressThen: string | null;
};

/** What happens to a staged person. */
export type Decision =
  | { kind: 'create'; after: ContactValues; onlyIf: Condition; claim: Claim | null }
  | {
      kind: 'update' | 'link' | 'reactivate';
      contact: FoundContact;
      after: ContactValues;
      onlyIf: Condition;
      claim: Claim | null;
    }
  /** The contact already has all that the person brings. */
  | { kind: 'asBefore'; contact: FoundContact }
  | (Skip & { claim: Claim | null });

/**
 * A decision that is to be written into the plan. `staged`: which sides the person's row already has, from their draft. `indexed`:
 * the search columns for the contact's new values, if they must be written. `keepsManager`: the contact's manager stays, whom the row's draft does not name.
 */
export type Decided = {
  position: number;
  decision: Decision;
  staged: { before: boolean; after: boolean };
  indexed: IndexedText | null;
  keepsManager: boolean;
};

/** What happens to a contact whose person is absent. `newly`: absent since this read. */
export type AbsentOutcome =
  /** Everything about it has already been stored. */
  | { kind: 'nothing' }
  | { kind: 'deactivate' | 'delete'; newly: boolean; reason: string }
  | { kind: 'stay'; newly: boolean; reason: string };

/** An outcome with its position in the plan. */
export type PlannedAbsence = {
  position: number;
  person: AbsentPerson;
  outcome: Exclude<AbsentOutcome, { kind: 'nothing' }>;
};

/** Why a row of the plan changes no contact: the values of its column `stays`. */
export const Stays = {
  /** The person brings what the contact has. */
  AS_BEFORE: 'AS_BEFORE',
  /** The person was not in this read. */
  NEWLY_GONE: 'NEWLY_GONE',
  /** The person was gone before. */
  STILL_GONE: 'STILL_GONE',
  /** The person is gone, and the contact passes to another person of this read. */
  TAKEN_OVER: 'TAKEN_OVER',
} as const;
export type Stays = (typeof Stays)[keyof typeof Stays];
