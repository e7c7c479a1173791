/** Makes the planner look up each row by its key. It misjudges tables that have just been filled. */
export const byKey = `SET LOCAL enable_nestloop = on; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
  SET LOCAL enable_seqscan = off`;

/**
 * Makes the planner join rows with a list in one pass over each. Without statistics of a run or a workspace, the planner assumes
 * that it has one row, and would go through the list once per row.
 */
export const byList = 'SET LOCAL enable_nestloop = off; SET LOCAL enable_hashjoin = on; SET LOCAL enable_seqscan = on';
