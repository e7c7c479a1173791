import type { RunRecord } from '../../core/records.ts';

/** Whether two readings of a run show the same, its log aside. */
export const sameState = (one: RunRecord, other: RunRecord): boolean =>
  JSON.stringify({ ...one, lastSeq: 0 }) === JSON.stringify({ ...other, lastSeq: 0 });
