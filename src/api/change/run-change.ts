import type { ChangeRecord, RunRecord } from '../../core/records.ts';

/** A change together with the run that it belongs to. */
export type RunChange = ChangeRecord & { run: RunRecord };

export const runChange =
  (run: RunRecord) =>
  (change: ChangeRecord): RunChange => ({ ...change, run });
