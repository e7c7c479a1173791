import type { Attempt } from './attempt.ts';

/** Up to this many contacts any query plan is fast. */
const few = 100;

/** Moves the pending list into the text index (see pool/sync-pool.ts), because each search reads the whole list. */
export async function settleSearch({ patience }: Attempt): Promise<void> {
  await patience.query(`SELECT gin_clean_pending_list('contact_by_search')`);
}

/**
 * Refreshes the planner's statistics when the run has written a tenth of all contacts or more, or when the workspace has grown far
 * beyond the planner's estimate. Without statistics the planner assumes that the workspace has one contact, and takes any index.
 */
export async function refreshStatistics(attempt: Attempt, written: number): Promise<void> {
  if (written < few) return;
  const stale = written * 10 >= (await knownContacts(attempt)) || written > 2 * (await believedContacts(attempt));
  if (!stale) return;
  const history = (await historyOf(attempt)).map((partition) => `${partition} (${chosenBy.history})`);
  const tables = [`contact (${chosenBy.contact})`, `contact_link (${chosenBy.link})`, ...history];
  await attempt.patience.query(`ANALYZE ${tables.join(', ')}`);
}

/** Columns that queries filter and sort by. Analyzing the others takes three times as long and helps no query. */
const chosenBy = {
  contact: 'workspace_id, id, status, email_key, name_key, company_key, updated_at, created_at, search',
  link: 'workspace_id, connection_id, external_id, contact_id, person_ref, gone_since',
  history: 'workspace_id, change_set, position, contact_id, action, outcome',
};

/** The partition with the run's history. The other partitions are not analyzed for one run. */
async function historyOf({ patience, workspaceId, runId }: Attempt): Promise<string[]> {
  const { rows } = await patience.query<{ name: string }>(
    `SELECT tableoid::regclass::text AS name FROM contact_change WHERE workspace_id = $1 AND change_set = $2 LIMIT 1`,
    [workspaceId, runId],
  );
  return rows.map(({ name }) => name);
}

/** The planner's number of contacts in all workspaces. */
async function knownContacts({ patience }: Attempt): Promise<number> {
  const { rows } = await patience.query<{ known: number }>(
    `SELECT greatest(reltuples, 0)::float8 AS known FROM pg_class WHERE oid = 'contact'::regclass`,
  );
  return rows[0]?.known ?? 0;
}

/** The planner's estimate of the contacts in the run's workspace. */
async function believedContacts({ patience, workspaceId }: Attempt): Promise<number> {
  const { rows } = await patience.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    'EXPLAIN (FORMAT JSON) SELECT FROM contact WHERE workspace_id = $1',
    [workspaceId],
  );
  return rows[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}
