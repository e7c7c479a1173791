import { params, type Range } from './range.ts';

/**
 * Notes the names that people of the stretch give up, because they have other names in the source now. Some directories go on
 * sending the old name as somebody's manager, and a read of changes does not mention the people who have the renamed person as
 * their manager. `condition`: SQL, for the rows about linked people. To be called before the links get the new names.
 */
export async function rememberNames({ client, attempt, ...stretch }: Range, condition: string): Promise<void> {
  if (!attempt.mapsManagers) return;
  await client.query(
    `INSERT INTO former_person_ref (workspace_id, connection_id, person_ref, external_id)
     SELECT DISTINCT ON (link.person_ref) link.workspace_id, link.connection_id, link.person_ref, link.external_id
     FROM ${attempt.plan} AS change
     JOIN contact_link AS link ON link.workspace_id = change.workspace_id AND link.connection_id = $5
       AND link.external_id = change.person_id
     WHERE ${condition} AND link.person_ref <> change.person_ref
     ORDER BY link.person_ref, link.linked_at DESC
     ON CONFLICT (workspace_id, connection_id, person_ref) DO UPDATE
     SET external_id = excluded.external_id, needed_at = excluded.needed_at`,
    [...params({ client, attempt, ...stretch }), attempt.connectionId],
  );
}
