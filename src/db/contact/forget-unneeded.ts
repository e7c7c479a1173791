import type { Pool } from 'pg';

/** How many rows are deleted in one transaction. */
const forgottenAtOnce = 5000;

/** If contacts need a former name, that is noted again after this many days. */
const notedEveryDays = 30;

/** How many unneeded names are kept of a person who is renamed again and again. */
const mostNames = 50;

/** SQL: whether a contact is stored with the name as its manager's. */
const isNeeded = `EXISTS (
  SELECT FROM contact WHERE contact.workspace_id = former.workspace_id AND contact.manager_ref = former.person_ref)`;

/**
 * Deletes what was remembered about people and contacts and is not needed any more. A former name of a person is
 * deleted when no contact has been stored with it for as long as the history is kept: until then, a revert can bring it
 * back. A merge is forgotten when the history of the dropped contact is gone. Any number of processes may do this at
 * once.
 */
export async function forgetUnneeded(pool: Pool, historyDays: number): Promise<void> {
  await pool.query(
    `UPDATE former_person_ref AS former SET needed_at = now()
     WHERE former.needed_at < now() - make_interval(days => $1) AND ${isNeeded}`,
    [notedEveryDays],
  );
  await deleteAll(pool, 'former_person_ref', oldNames, [historyDays + notedEveryDays + 1]);
  await deleteAll(pool, 'former_person_ref', tooManyNames, [mostNames]);
  await deleteAll(pool, 'merged_contact', oldMerges, [historyDays]);
}

/**
 * Deletes the rows whose places a statement finds, in parts. It waits for nobody: rows that others hold are left for
 * the next time. The places are in an array, because Postgres then goes to each row directly. A join of tables without
 * statistics may compare each row with each other one.
 */
async function deleteAll(pool: Pool, table: string, places: string, params: readonly number[]): Promise<void> {
  for (let deleted = forgottenAtOnce; deleted === forgottenAtOnce; ) {
    const { rowCount } = await pool.query(
      `DELETE FROM ${table} WHERE ctid = ANY(ARRAY(
         SELECT ctid FROM ${table} WHERE ctid = ANY(ARRAY(${places} LIMIT ${forgottenAtOnce})) FOR UPDATE SKIP LOCKED))`,
      [...params],
    );
    deleted = rowCount ?? 0;
  }
}

const oldNames = `
  SELECT former.ctid FROM former_person_ref AS former
  WHERE former.needed_at < now() - make_interval(days => $1) AND NOT ${isNeeded}`;

const tooManyNames = `
  SELECT former.ctid FROM (
    SELECT ctid, workspace_id, person_ref,
      row_number() OVER (PARTITION BY workspace_id, connection_id, external_id ORDER BY needed_at DESC, person_ref) AS nth
    FROM former_person_ref) AS former
  WHERE former.nth > $1 AND NOT ${isNeeded}`;

const oldMerges = `
  SELECT merged.ctid FROM merged_contact AS merged
  WHERE merged.merged_at < now() - make_interval(days => $1) AND NOT EXISTS (
    SELECT FROM contact_change AS change
    WHERE change.workspace_id = merged.workspace_id AND change.contact_id = merged.dropped_id)`;
