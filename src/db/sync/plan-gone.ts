import { type Attempt, fenced, key } from './attempt.ts';
import { valuesOf } from './contact-columns.ts';

/**
 * Adds to the plan what becomes of linked people whom a complete read has not had: removed now, later (grace), or left to
 * the policy or to other connections. Whoever was gone before and is not due yet needs nothing.
 *
 * @returns how many of them are newly gone.
 */
export const planGone = (
  attempt: Attempt,
  externalIds: readonly string[],
  firstPosition: number,
): Promise<{ rows: number; newlyGone: number }> =>
  fenced(attempt, async (client) => {
    const { rows } = await client.query<{ newly: boolean }>(
      `WITH gone AS (
         SELECT link.external_id, link.person, link.gone_since IS NULL AS newly, contact.id, contact.version, contact.status,
           contact.display_name, ${valuesOf('contact')} AS "values",
           coalesce(link.gone_since, now()) + make_interval(days => $5) AS due,
           (SELECT string_agg(connection.name, ', ' ORDER BY connection.name)
            FROM contact_link AS other
            JOIN connection ON connection.workspace_id = other.workspace_id AND connection.id = other.connection_id
            WHERE other.workspace_id = $1 AND other.contact_id = contact.id AND other.connection_id <> $3
              AND other.gone_since IS NULL) AS others
         FROM contact_link AS link
         JOIN contact ON contact.workspace_id = link.workspace_id AND contact.id = link.contact_id
         WHERE link.workspace_id = $1 AND link.connection_id = $3 AND link.external_id = ANY($4::text[])
       ), judged AS (
         SELECT gone.*,
           CASE WHEN status = 'INACTIVE' THEN 'NONE'
                WHEN others IS NOT NULL OR $6 = 'KEEP' OR due > now() THEN 'NONE'
                ELSE $6 END AS action,
           CASE WHEN status = 'INACTIVE' THEN 'gone from the directory; the contact is inactive already'
                WHEN others IS NOT NULL THEN 'gone from the directory; still fed by ' || others
                WHEN $6 = 'KEEP' THEN 'gone from the directory; the removal policy keeps the contact'
                WHEN due > now() THEN 'gone from the directory; stays until ' || to_char(due AT TIME ZONE 'UTC', 'YYYY-MM-DD HH24:MI') || ' UTC'
                ELSE 'gone from the directory' END AS reason
         FROM gone
       )
       INSERT INTO contact_change (workspace_id, run_id, position, action, person, person_id, contact_id, contact_version,
         contact_name, before, code, reason)
       SELECT $1, $2, $7 + row_number() OVER (ORDER BY external_id) - 1, action, person, external_id, id, version,
         display_name, "values", CASE WHEN newly THEN 'GONE' ELSE 'GONE_BEFORE' END, reason
       FROM judged
       WHERE newly OR action <> 'NONE'
       RETURNING code = 'GONE' AS newly`,
      [
        ...key(attempt),
        attempt.connectionId,
        externalIds,
        attempt.removal.graceDays,
        attempt.removal.action,
        firstPosition,
      ],
    );
    return { rows: rows.length, newlyGone: rows.filter(({ newly }) => newly).length };
  });
