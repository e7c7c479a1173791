/** Each row is looked up by its key, whatever the planner believes of tables that have just been filled. */
export const byKey = `SET LOCAL enable_nestloop = on; SET LOCAL enable_hashjoin = off; SET LOCAL enable_mergejoin = off;
  SET LOCAL enable_seqscan = off`;

/**
 * Rows are joined with a list in one pass over each. The planner takes a run or a workspace it has no statistics of for one
 * row, and would go through the list for each.
 */
export const byList = 'SET LOCAL enable_nestloop = off; SET LOCAL enable_hashjoin = on; SET LOCAL enable_seqscan = on';
