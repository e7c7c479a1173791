import type { Since } from '../../../../core/arrivals.ts';

/** Where the next read may go on, or why it can't. */
export type NextPlace = Since | { because: string };

/** The marks for a read, and why it can't go on from the last one (null: it can, if there was one). */
export type OpenedMarks = { marks: Marks; whyAnew: string | null };

/**
 * Knows by their marks which entries have changed. A mark is the value of the attribute that each change of an entry raises.
 */
export type Marks = {
  readonly attribute: string;
  /** Whether a read of everybody must ask for the marks too. */
  readonly inFullReads: boolean;
  /** Whether an entry with this mark is as it was when the last read took it. Undefined: it shows no mark. */
  isKnown(id: string, mark: string | undefined): boolean;
  /** Notes with which mark the run has taken somebody in: `kept`, as known before, or `read`, in full. */
  note(id: string, mark: string | undefined, how: 'kept' | 'read'): void;
  /** Whether a read may note only people who were touched. It may not when too many marks are remembered. */
  readonly canKeepOthers: boolean;
  /** Called after such a read: all who were not noted keep their marks. */
  keepOthers(): void;
  /** Called at the end of a read, once. */
  next(): NextPlace;
};
