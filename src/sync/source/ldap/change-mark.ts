import type { AttributeValue } from '../../../core/entry.ts';
import { momentOf } from './incremental/generalized-time.ts';

/**
 * At least one of these attributes changes with each change of an entry. OpenLDAP's entryCSN and Active Directory's
 * uSNChanged change each time. modifyTimestamp counts seconds.
 */
export const markAttributes = ['entryCSN', 'uSNChanged', 'modifyTimestamp'] as const;

/** Two changes of an entry within this time can have the same modifyTimestamp. It also covers clocks that differ. */
const unsettledMs = 60_000;

/**
 * A text that changes with each change of an entry. Some entries can't show their next change: they have no mark, or
 * they have only modifyTimestamp and changed less than a minute before the read. They get another text in each read.
 * `values` are those of `markAttributes`.
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
