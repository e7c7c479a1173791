import type { AttributeValue } from '../../../core/entry.ts';
import { momentOf } from './incremental/generalized-time.ts';

/**
 * The attributes of which one at least changes with each change of an entry. OpenLDAP's entryCSN and Active Directory's uSNChanged
 * change each time. modifyTimestamp counts seconds.
 */
export const markAttributes = ['entryCSN', 'uSNChanged', 'modifyTimestamp'] as const;

/** How long after a change of an entry its time may still hide another one; also covers clocks that differ. */
const unsettledMs = 60_000;

/**
 * A text that changes with each change of an entry. An entry whose marks can't show the next change gets another text in each read:
 * it shows none, or it was changed less than a minute before the read and has only the second. `values` are those of
 * `markAttributes`.
 */
export function changeMark(values: readonly AttributeValue[], at: Date): string {
  const [csn, usn, time] = values.map((value) => [value ?? ''].flat().join(' '));
  const mark = [csn, usn, time].join('|');
  const isSettled = csn !== '' || usn !== '' || isOlder(time ?? '', at.getTime() - unsettledMs);
  return isSettled ? mark : `${mark}|${at.toISOString()}`;
}

function isOlder(time: string, thanMs: number): boolean {
  const microseconds = momentOf(time);
  return microseconds !== null && microseconds / 1000 < thanMs;
}
