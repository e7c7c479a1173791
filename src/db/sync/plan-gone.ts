import { type Attempt, fenced, key } from './attempt.ts';
import { valuesOf } from './contact-columns.ts';

/**
 * Adds to the plan what becomes of linked people whom a complete read has not had: removed now, later (grace), or left to
 * the policy or to other connections. Whoever was gone before, is not due yet and has the right day noted needs nothing.
 * A contact that several connections have lost is up to the one that lost it last.
 *
 * @returns how many of them are newly gone.
 */
export const planGone = (
  attempt: Attempt,
  externalIds: readonly string[],
  firstPosition: number,
): Promise<{ rows: number; newlyGone: number }> =>
  fenced(attempt, async (client) => {
    const { rows } = await client.query<{ newly: boolean }>(insertGone, [
      ...key(attempt),
      attempt.connectionId,
      externalIds,
      attempt.removal.graceDays,
      attempt.removal.action,
      firstPosition,
    ]);
    return { rows: rows.length, newlyGone: rows.filter(({ newly }) => newly).length };
  });

/** When the grace of an absence ends; days of 24 hours, whatever the session's time zone. */
export const endOfGrace = (since: string, days: string): string =>
  `${since} + make_interval(hours => 24 * ${days}::int)`;

// $1 workspace, $2 run, $3 connection, $4 external ids, $5 days of grace, $6 action, $7 first position.
const insertGone = `
  WITH gone AS (
    SELECT link.external_id, link.person, link.gone_since IS NULL AS newly, contact.id, contact.version, contact.status,
      contact.display_name, contact.removal_due_at, ${valuesOf('contact')} AS "values",
      ${endOfGrace('coalesce(link.gone_since, now())', '$5')} AS due,
      (SELECT string_agg(connection.name, ', ' ORDER BY connection.name)
       FROM contact_link AS other
       JOIN connection ON connection.workspace_id = other.workspace_id AND connection.id = other.connection_id
       WHERE other.workspace_id = $1 AND other.contact_id = contact.id AND other.connection_id <> $3
         AND other.gone_since IS NULL) AS others,
      EXISTS (
        SELECT FROM contact_link AS later
        WHERE later.workspace_id = $1 AND later.contact_id = contact.id AND later.connection_id <> $3
          AND (later.gone_since, later.connection_id) > (link.gone_since, link.connection_id)) AS lost_later
    FROM contact_link AS link
    JOIN contact ON contact.workspace_id = link.workspace_id AND contact.id = link.contact_id
    WHERE link.workspace_id = $1 AND link.connection_id = $3 AND link.external_id = ANY($4::text[])
  ), judged AS (
    SELECT gone.*, status = 'ACTIVE' AND others IS NULL AND NOT lost_later AS ours FROM gone
  ), planned AS (
    SELECT judged.*,
      CASE WHEN ours AND due <= now() AND $6 <> 'KEEP' THEN $6 ELSE 'NONE' END AS action,
      CASE WHEN status = 'INACTIVE' THEN 'gone from the directory; the contact is inactive already'
           WHEN others IS NOT NULL THEN 'gone from the directory; still fed by ' || others
           WHEN $6 = 'KEEP' THEN 'gone from the directory; the removal policy keeps the contact'
           WHEN due > now() THEN 'gone from the directory; stays until ' || to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'
           ELSE 'gone from the directory' END AS reason
    FROM judged
  )
  INSERT INTO plan_row (workspace_id, run_id, position, action, person, person_id, contact_id, contact_version,
    contact_name, before, code, reason)
  SELECT $1, $2, $7 + row_number() OVER (ORDER BY external_id) - 1, action, person, external_id, id, version,
    display_name, "values", CASE WHEN newly THEN 'GONE' ELSE 'GONE_BEFORE' END, reason
  FROM planned
  WHERE newly OR action <> 'NONE'
    OR ours AND removal_due_at IS DISTINCT FROM CASE WHEN $6 <> 'KEEP' AND $5::int > 0 THEN due END
  RETURNING code = 'GONE' AS newly`;
