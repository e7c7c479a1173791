import type { LogCode, LogLevel } from './run.ts';
import type { ValueFault } from './user-error.ts';

/**
 * The values of one attribute: absent, one, or several in the order sent. Texts are as sent but for binary ids, which
 * come in their usual text form.
 */
export type AttributeValue = undefined | string | readonly string[];

/** How a kind of source names the attributes of people. */
export type AttributeNames = {
  /** The same for all ways to write one attribute's name, and for no other attribute. */
  keyOf(name: string): string;
  /** Why a mapping or template can't ask for an attribute of this name. Null: it can. */
  fault(name: string): ValueFault | null;
};

/** One person as the source sent them. `attributes[i]` belongs to the i-th name of the read request. */
export type Entry = {
  /** How the source names the person for people to read, e.g. a DN. */
  name: string;
  /** The stable id; null when the source sent none that can be read. */
  id: string | null;
  /** Why nobody can be made of the entry: its id or its name is missing, too long, or no text. Null: somebody can. */
  unfit: string | null;
  attributes: readonly AttributeValue[];
  /** The source's own flag: the account is switched off. */
  disabled: boolean;
  /** Something that is no person at all (a machine account, say). */
  notAPerson: boolean;
  /** False when groups are asked for and could not be part of the search itself, and the person is in none of them. */
  inGroups: boolean;
  /** Names of attributes of which a value could not be decoded and was left out. */
  undecodable: readonly string[];
  /**
   * SHA-256 of the very bytes in which the source told of the person, one UTF-16 unit a byte: the same ones say the same. Null:
   * it took several answers, so the fields above must tell.
   */
  said: string | null;
  /** Where the source has the person, such as `Line 17`, for lines about them. It is no part of what the source says of them. */
  place?: string;
};

/** A remark on a read as a whole, for the run log. */
export type SourceNote = { level: LogLevel; code: LogCode; message: string };
