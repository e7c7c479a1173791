import type { Tie } from '../../core/trial.ts';
import { byKey } from '../planner-hints.ts';
import { type Attempt, transaction } from './attempt.ts';

/* A trial with a few people only: all those whose state decides about one person. */

/** The temporary table of their ids. */
export const trialPeople = 'trial_people';

/** See Trial. */
export async function limitTo({ patience }: Attempt, ids: readonly string[]): Promise<void> {
  await patience.query(`CREATE TEMP TABLE ${trialPeople} (external_id text NOT NULL)`);
  await patience.query(`INSERT INTO ${trialPeople} SELECT DISTINCT unnest($1::text[])`, [ids]);
}

/** The most contacts that one question finds. */
const mostTies = 200;

type Row = {
  active: boolean;
  email_key: string | null;
  person_key: string | null;
  links: { here: boolean; id: string }[];
};

/** See Trial. It looks up each id in each connection of the workspace, and in the keys of contacts that were made for an id. */
export async function ties(
  attempt: Attempt,
  ids: readonly string[],
  addresses: readonly string[],
): Promise<Tie[] | null> {
  const { workspaceId, connectionId } = attempt;
  const prefix = attempt.ids === null ? null : `${attempt.ids.name}:`;
  const rows = await transaction(attempt, async (client) => {
    await client.query(byKey);
    const found = await client.query<Row>(
      `WITH tied AS (
         SELECT link.contact_id AS id FROM unnest($3::text[]) AS asked (id) CROSS JOIN connection AS one
         CROSS JOIN LATERAL (
           SELECT link.contact_id FROM contact_link AS link
           WHERE link.workspace_id = $1 AND link.connection_id = one.id AND link.external_id = asked.id LIMIT 1) AS link
         WHERE one.workspace_id = $1
         UNION SELECT contact.id FROM unnest($3::text[]) AS asked (id)
         JOIN contact ON contact.workspace_id = $1 AND contact.person_key = $5::text || asked.id
         UNION SELECT contact.id FROM unnest($4::text[]) AS asked (email_key)
         JOIN contact ON contact.workspace_id = $1 AND contact.email_key = asked.email_key AND contact.status = 'ACTIVE'
         UNION SELECT contact.id FROM unnest($4::text[]) AS asked (email_key)
         JOIN contact ON contact.workspace_id = $1 AND contact.email_key = asked.email_key AND contact.status = 'INACTIVE')
       SELECT contact.status = 'ACTIVE' AS active, contact.email_key, contact.person_key, coalesce(linked.links, '[]') AS links
       FROM (SELECT tied.id FROM tied LIMIT ${mostTies + 1}) AS tied
       JOIN contact ON contact.workspace_id = $1 AND contact.id = tied.id
       CROSS JOIN LATERAL (
         SELECT jsonb_agg(jsonb_build_object('here', link.connection_id = $2, 'id', link.external_id)) AS links
         FROM contact_link AS link WHERE link.workspace_id = $1 AND link.contact_id = contact.id) AS linked`,
      [workspaceId, connectionId, ids, addresses, prefix],
    );
    return found.rows;
  });
  if (rows.length > mostTies) return null;
  return rows.map(({ active, email_key, person_key, links }) => {
    const elsewhere = links.filter(({ here }) => !here).map((link) => link.id);
    if (prefix !== null && person_key?.startsWith(prefix)) elsewhere.push(person_key.slice(prefix.length));
    return { active, address: email_key, here: links.find(({ here }) => here)?.id ?? null, elsewhere };
  });
}
