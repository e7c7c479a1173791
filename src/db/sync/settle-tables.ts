import type { Attempt } from './attempt.ts';

/** Up to so many contacts any plan is quick. */
const few = 100;

/** Brings the search index up to date after contacts were written: what waits in its pending list slows each search. */
export const settleSearch = async ({ pool }: Attempt): Promise<void> => {
  await pool.query(`SELECT gin_clean_pending_list('contact_by_search')`);
};

/**
 * Makes the planner know tables that a run has filled by a tenth or more: for it, a workspace that it has no statistics of
 * has one contact, and any index is as good as another.
 */
export const refreshStatistics = async ({ pool }: Attempt, written: number): Promise<void> => {
  if (written < few) return;
  const { rows } = await pool.query<{ known: number }>(
    `SELECT greatest(reltuples, 0)::float8 AS known FROM pg_class WHERE oid = 'contact'::regclass`,
  );
  if (written * 10 >= (rows[0]?.known ?? 0)) await pool.query('ANALYZE contact, contact_link, contact_change');
};
