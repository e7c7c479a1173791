import type { ExclusionReason, LogCode, LogLevel } from './run.ts';
import type { ValueFault } from './user-error.ts';

/**
 * The values of one attribute: absent, one, or several in the order of the source. Texts are unchanged; binary ids come
 * in their usual text form.
 */
export type AttributeValue = undefined | string | readonly string[];

/** How a kind of source names the attributes of people. */
export type AttributeNames = {
  /** A key that is equal for all spellings of one attribute's name, and different for any other attribute. */
  keyOf(name: string): string;
  /** Why a mapping or template can't use an attribute of this name. Null: the name is fine. */
  fault(name: string): ValueFault | null;
};

/**
 * How a kind of source names people in other people's data, e.g. as a manager. Both functions return the same text for
 * all names of one person.
 */
export type PersonNames = {
  ofPerson(person: Pick<Entry, 'name' | 'id'>): string;
  /** The name in a value, such as a manager's DN. */
  ofValue(value: string): string;
};

/** One person as the source sent them. `attributes[i]` belongs to the i-th name of the read request. */
export type Entry = {
  /** The source's readable name for the person, e.g. a DN. */
  name: string;
  /** The stable id; null when the source sent no readable one. */
  id: string | null;
  /** Why the entry can't become a contact: its id or its name is missing, too long, or no text. Null: it can. */
  unfit: string | null;
  attributes: readonly AttributeValue[];
  /** The source's own flag: the account is switched off. */
  disabled: boolean;
  /** The entry is not a person, e.g. a machine account. */
  notAPerson: boolean;
  /** False when the scope names groups, the search itself could not check them, and the person is in none of them. */
  inGroups: boolean;
  /** Why the scope's excludes leave the person out. Null: they do not. */
  excluded: ExclusionReason | null;
  /** Names of attributes with a value that could not be decoded and was left out. */
  undecodable: readonly string[];
  /**
   * SHA-256 of the bytes that the source sent for the person. Each UTF-16 unit holds one byte. Equal hashes mean equal
   * entries. Null: the person came in several answers, so the fields above must be compared.
   */
  said: string | null;
  /**
   * Set only when a read must show changed photos (it never brings the photos). The text changes with each change of
   * the person in the source.
   */
  photoMark?: string;
  /** The person's place in the source, such as `Line 17`, for log lines. It is not part of the person's data. */
  place?: string;
};

/** A remark on a read as a whole, for the run log. */
export type SourceNote = { level: LogLevel; code: LogCode; message: string };
