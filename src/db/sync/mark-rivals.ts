import type { PoolClient } from 'pg';
import { type Attempt, byList, key } from './attempt.ts';

type Claim = {
  position: string;
  person: string;
  email_key: string;
  /** The person is linked to a contact that has the address. */
  keeps: boolean;
  /** And that contact is active. */
  active: boolean;
};

/**
 * Finds who of this read claims an address that others claim too: newcomers become MATCH, and each but the one who keeps it
 * gets another's name as the reason meanwhile. An address is kept by whoever is linked to it already. Somebody whose contact
 * a person has made inactive claims none.
 */
export const markRivals = async (client: PoolClient, attempt: Attempt): Promise<void> => {
  const rivals = rivalsOf(await sharedClaims(client, attempt));
  if (rivals.length === 0) return;
  await client.query(byList);
  await client.query(
    `UPDATE contact_change AS change
     SET action = CASE change.action WHEN 'CREATE' THEN 'MATCH' ELSE change.action END, reason = shared.rival
     FROM unnest($3::bigint[], $4::text[]) AS shared (position, rival)
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position = shared.position`,
    [...key(attempt), rivals.map(({ position }) => position), rivals.map(({ rival }) => rival)],
  );
};

/** In order of address, then position. */
const sharedClaims = async (client: PoolClient, attempt: Attempt): Promise<Claim[]> => {
  const { rows } = await client.query<Claim>(
    `SELECT change.position, change.person, change.email_key, coalesce(contact.email_key = change.email_key, false) AS keeps,
       coalesce(contact.status = 'ACTIVE', false) AS active
     FROM (
       SELECT position, action, person, person_id, email_key, count(*) OVER (PARTITION BY email_key) AS claims
       FROM contact_change
       WHERE workspace_id = $1 AND run_id = $2 AND action IN ('CREATE', 'MATCH', 'UPDATE') AND email_key IS NOT NULL) AS change
     LEFT JOIN contact_link AS link ON change.action = 'UPDATE' AND link.workspace_id = $1
       AND link.connection_id = $3 AND link.external_id = change.person_id
     LEFT JOIN contact ON contact.workspace_id = $1 AND contact.id = link.contact_id
     WHERE change.claims > 1 AND (contact.id IS NULL OR contact.status = 'ACTIVE'
       OR link.gone_since IS NOT NULL AND contact.portal_access_before IS NOT NULL)
     ORDER BY change.email_key, change.position`,
    [...key(attempt), attempt.connectionId],
  );
  return rows;
};

const rivalsOf = (claims: readonly Claim[]): { position: string; rival: string }[] =>
  [...Map.groupBy(claims, ({ email_key }) => email_key).values()].flatMap((shared) => {
    const keepers = shared.filter(({ keeps }) => keeps);
    return shared.flatMap((claim) => {
      if (claim.keeps && claim.active) return [];
      const others = claim.keeps ? keepers : [...keepers, ...shared];
      const rival = others.find((other) => other !== claim);
      return rival === undefined ? [] : [{ position: claim.position, rival: rival.person }];
    });
  });
