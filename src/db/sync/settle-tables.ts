import type { Attempt } from './attempt.ts';

/** From so many written contacts on, the planner's statistics are made anew instead of waiting for autovacuum. */
const many = 5000;

/** Brings the search index up to date after contacts were written: what waits in its pending list slows each search. */
export const settleSearch = async ({ pool }: Attempt): Promise<void> => {
  await pool.query(`SELECT gin_clean_pending_list('contact_by_search')`);
};

/** Makes the planner know tables that have grown by a run. */
export const refreshStatistics = async ({ pool }: Attempt, written: number): Promise<void> => {
  if (written >= many) await pool.query('ANALYZE contact, contact_link, contact_change');
};
