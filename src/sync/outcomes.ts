import { ExclusionReason } from '../core/run.ts';
import { largestNote, nothingNoted } from './stage/known-people.ts';

/** What happened to somebody who is present. It is noted for each person, so that a later arrival can undo it. */
export const outcomes = ['unchanged', 'created', 'undecided', 'skipped', ...Object.values(ExclusionReason)] as const;
type Outcome = (typeof outcomes)[number];

export const firstNote = nothingNoted + 1;
export const noteOf = Object.fromEntries(outcomes.map((outcome, i) => [outcome, firstNote + i])) as Record<
  Outcome,
  number
>;
if (firstNote + outcomes.length - 1 > largestNote) throw new Error('There are more outcomes than can be noted.');

/** The reason for which the last read left somebody out, by its note. */
export const reasonOfNote = new Map(Object.values(ExclusionReason).map((reason) => [noteOf[reason], reason]));

/** Whether somebody was staged: as new, changed or skipped. */
export function isStaged(note: number): boolean {
  return note === noteOf.created || note === noteOf.undecided || note === noteOf.skipped;
}
