import type { Since } from '../../../../core/arrivals.ts';

/** Where the next read may continue, or why it can't. */
export type NextPlace = Since | { because: string };

/** The marks for a read, and why it can't continue from the last one (null: it can, if there was one). */
export type OpenedMarks = { marks: Marks; whyAnew: string | null };

/**
 * Recognises by their marks which entries have changed. A mark is the value of an attribute that each change of an
 * entry raises.
 */
export type Marks = {
  readonly attribute: string;
  /** Whether a read of everybody must request the marks too. */
  readonly inFullReads: boolean;
  /** Whether an entry with this mark is unchanged since the last read took it. Undefined: the entry shows no mark. */
  isKnown(id: string, mark: string | undefined): boolean;
  /** Notes the mark with which the run has taken somebody in: `kept`, as known before, or `read`, in full. */
  note(id: string, mark: string | undefined, how: 'kept' | 'read'): void;
  /** Whether a read may note only touched people. It may not when too many marks are remembered. */
  readonly canKeepOthers: boolean;
  /** Called after such a read: all people who were not noted keep their marks. */
  keepOthers(): void;
  /** Called at the end of a read, once. */
  next(): NextPlace;
};
