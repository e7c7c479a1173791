import type { Attempt } from './attempt.ts';

/** Up to so many contacts any plan is quick. */
const few = 100;

/** Sorts into the text index what waits in its list (see pool/sync-pool.ts): each search goes through that, too. */
export async function settleSearch({ patience }: Attempt): Promise<void> {
  await patience.query(`SELECT gin_clean_pending_list('contact_by_search')`);
}

/**
 * Makes the planner know tables that a run has filled by a tenth or more, and a workspace that has grown far beyond what it is
 * taken for: for the planner, a workspace that it has no statistics of has one contact, and any index is as good as another.
 */
export async function refreshStatistics(attempt: Attempt, written: number): Promise<void> {
  if (written < few) return;
  const stale = written * 10 >= (await knownContacts(attempt)) || written > 2 * (await believedContacts(attempt));
  if (!stale) return;
  const history = (await historyOf(attempt)).map((partition) => `${partition} (${chosenBy.history})`);
  const tables = [`contact (${chosenBy.contact})`, `contact_link (${chosenBy.link})`, ...history];
  await attempt.patience.query(`ANALYZE ${tables.join(', ')}`);
}

/** Columns that rows are chosen and ordered by; to look through the others takes three times as long, and tells no plan anything. */
const chosenBy = {
  contact: 'workspace_id, id, status, email_key, name_key, company_key, updated_at, created_at, search',
  link: 'workspace_id, connection_id, external_id, contact_id, gone_since',
  history: 'workspace_id, change_set, position, contact_id, action, outcome',
};

/** The partition that the run's history is in: the whole history is not looked through for one run. */
async function historyOf({ patience, workspaceId, runId }: Attempt): Promise<string[]> {
  const { rows } = await patience.query<{ name: string }>(
    `SELECT tableoid::regclass::text AS name FROM contact_change WHERE workspace_id = $1 AND change_set = $2 LIMIT 1`,
    [workspaceId, runId],
  );
  return rows.map(({ name }) => name);
}

/** In all workspaces. */
async function knownContacts({ patience }: Attempt): Promise<number> {
  const { rows } = await patience.query<{ known: number }>(
    `SELECT greatest(reltuples, 0)::float8 AS known FROM pg_class WHERE oid = 'contact'::regclass`,
  );
  return rows[0]?.known ?? 0;
}

/** In the run's workspace. */
async function believedContacts({ patience, workspaceId }: Attempt): Promise<number> {
  const { rows } = await patience.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    'EXPLAIN (FORMAT JSON) SELECT FROM contact WHERE workspace_id = $1',
    [workspaceId],
  );
  return rows[0]?.['QUERY PLAN'][0].Plan['Plan Rows'] ?? 0;
}
