import type { PoolClient } from 'pg';
import type { ContactValues, Fills, TextField } from '../../core/contact.ts';
import type { ChangeAction } from '../../core/run.ts';
import { type CandidateContact, type OtherLink, planPositions, type Question } from '../../core/sync-store.ts';
import { type Attempt, byKey, fenced, key } from './attempt.ts';
import { valuesOf } from './contact-columns.ts';
import { readValues } from './read-values.ts';

type QuestionRow = {
  position: string;
  person: string;
  person_id: string;
  values: Record<string, unknown>;
  alternatives: { [field in TextField]?: string[] } | null;
  fills: Fills;
  linked_id: string | null;
  holder_id: string | null;
  heir_id: string | null;
  shared: boolean;
};

/** The next people who need a decision, in order of position, with the contacts that they are or may be. */
export const questions = (attempt: Attempt, afterPosition: number, limit: number): Promise<Question[]> =>
  fenced(attempt, async (client) => {
    await client.query(byKey);
    const { rows } = await client.query<QuestionRow>(
      `SELECT change.position, change.person, change.person_id, to_jsonb(change.after) AS "values", change.alternatives,
       fills.fields AS fills, link.contact_id AS linked_id, holder.id AS holder_id, heir.id AS heir_id,
       change.reason IS NOT NULL AS shared
     FROM contact_change AS change
     JOIN fills ON fills.workspace_id = change.workspace_id AND fills.id = change.fills_id
     LEFT JOIN contact_link AS link ON link.workspace_id = change.workspace_id AND link.connection_id = $3
       AND link.external_id = change.person_id
     LEFT JOIN contact AS holder ON holder.workspace_id = change.workspace_id AND holder.email_key = change.email_key
       AND holder.status = 'ACTIVE' AND holder.id IS DISTINCT FROM link.contact_id
     LEFT JOIN contact AS asleep ON asleep.workspace_id = link.workspace_id AND asleep.id = link.contact_id
       AND asleep.status = 'INACTIVE'
     LEFT JOIN contact AS heir ON heir.workspace_id = asleep.workspace_id AND heir.email_key = asleep.email_key
       AND heir.status = 'ACTIVE'
     WHERE change.workspace_id = $1 AND change.run_id = $2 AND change.position > $4 AND change.action IN ('MATCH', 'UPDATE')
     ORDER BY change.position LIMIT $5`,
      [...key(attempt), attempt.connectionId, afterPosition, limit],
    );
    const ids = rows.flatMap(({ linked_id, holder_id, heir_id }) =>
      [linked_id, holder_id, heir_id].filter((id) => id !== null),
    );
    const candidates = await findCandidates(client, attempt, ids);
    const candidate = (id: string | null): CandidateContact | null =>
      id === null ? null : (candidates.get(id) ?? null);
    return rows.map((row) => ({
      position: Number(row.position),
      person: row.person,
      personId: row.person_id,
      values: readValues(row.values),
      alternatives: row.alternatives ?? {},
      fills: row.fills,
      linked: candidate(row.linked_id),
      holder: candidate(row.holder_id),
      heir: candidate(row.heir_id),
      shared: row.shared,
    }));
  });

type CandidateRow = {
  id: string;
  version: number;
  status: CandidateContact['status'];
  values: Record<string, unknown>;
  locked_fields: CandidateContact['lockedFields'];
  portal_access_before: boolean | null;
  links: {
    connectionId: string;
    connectionName: string;
    priority: number;
    createdAt: number;
    externalId: string;
    person: string;
    gone: boolean;
    fills: Fills | null;
  }[];
};

const findCandidates = async (
  client: PoolClient,
  attempt: Attempt,
  ids: readonly string[],
): Promise<Map<string, CandidateContact>> => {
  if (ids.length === 0) return new Map();
  const { rows } = await client.query<CandidateRow>(
    `SELECT contact.id, contact.version, contact.status, to_jsonb(${valuesOf('contact')}) AS "values", contact.locked_fields,
       contact.portal_access_before,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('connectionId', connection.id, 'connectionName', connection.name,
           'priority', connection.priority, 'createdAt', extract(epoch FROM connection.created_at) * 1000,
           'externalId', link.external_id, 'person', link.person, 'gone', link.gone_since IS NOT NULL, 'fills', fills.fields)), '[]')
        FROM contact_link AS link
        JOIN connection ON connection.workspace_id = link.workspace_id AND connection.id = link.connection_id
        LEFT JOIN fills ON fills.workspace_id = link.workspace_id AND fills.id = link.fills_id
        WHERE link.workspace_id = contact.workspace_id AND link.contact_id = contact.id) AS links
     FROM contact WHERE contact.workspace_id = $1 AND contact.id = ANY($2::uuid[])`,
    [attempt.workspaceId, ids],
  );
  const removals = await findRemovals(client, attempt, ids);
  return new Map(rows.map((row) => [row.id, readCandidate(row, attempt.connectionId, removals.get(row.id))]));
};

/** What this run does with those of these contacts whose person is gone: NONE where the contact stays. */
const findRemovals = async (
  client: PoolClient,
  attempt: Attempt,
  ids: readonly string[],
): Promise<Map<string, ChangeAction>> => {
  const { rows } = await client.query<{ contact_id: string; action: ChangeAction }>(
    `SELECT contact_id, action FROM contact_change
     WHERE workspace_id = $1 AND run_id = $2 AND position < $4 AND contact_id = ANY($3::uuid[])`,
    [...key(attempt), ids, planPositions.handovers],
  );
  return new Map(rows.map(({ contact_id, action }) => [contact_id, action]));
};

const readCandidate = (
  row: CandidateRow,
  connectionId: string,
  removal: ChangeAction | undefined,
): CandidateContact => {
  const own = row.links.find((link) => link.connectionId === connectionId);
  const others = row.links.filter((link) => link.connectionId !== connectionId && !link.gone);
  const values: ContactValues = readValues(row.values);
  return {
    id: row.id,
    version: row.version,
    status: row.status,
    values,
    lockedFields: row.locked_fields,
    portalAccessBefore: row.portal_access_before,
    own:
      own === undefined
        ? null
        : {
            externalId: own.externalId,
            person: own.person,
            fills: own.fills ?? {},
            gone: removal === undefined ? own.gone : removal === 'NONE',
          },
    others: others.map(
      (link): OtherLink => ({
        connectionName: link.connectionName,
        rank: { priority: link.priority, createdAt: link.createdAt, connectionId: link.connectionId },
        fills: link.fills ?? {},
      }),
    ),
  };
};
