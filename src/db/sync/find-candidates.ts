import type { PoolClient } from 'pg';
import type { Fills } from '../../core/contact.ts';
import type { Absence, CandidateContact, OtherLink } from '../../core/plan.ts';
import type { ChangeAction } from '../../core/run.ts';
import { planPositions } from '../../core/sync-store.ts';
import { readValues, valuesOf } from '../contact/contact-columns.ts';
import { type Attempt, key } from './attempt.ts';
import { findFills } from './fills.ts';

type ContactRow = {
  id: string;
  version: number;
  status: CandidateContact['status'];
  values: Record<string, unknown>;
  locked_fields: CandidateContact['lockedFields'];
  portal_access_before: boolean | null;
};

type LinkRow = {
  contact_id: string;
  connection_id: string;
  external_id: string;
  person: string;
  gone: boolean;
  recheck: number;
  fills_id: string | null;
};

/** The contacts that people are or may be, by id, with all that merging needs. */
export async function findCandidates(
  client: PoolClient,
  attempt: Attempt,
  ids: readonly string[],
): Promise<Map<string, CandidateContact>> {
  if (ids.length === 0) return new Map();
  const { rows } = await client.query<ContactRow>(
    `SELECT contact.id, contact.version, contact.status, row_to_json(${valuesOf('contact')}) AS "values",
       contact.locked_fields, contact.portal_access_before
     FROM contact WHERE contact.workspace_id = $1 AND contact.id = ANY($2::uuid[])`,
    [attempt.workspaceId, ids],
  );
  const links = await findLinks(client, attempt, ids);
  const fillsOf = await findFills(
    client,
    attempt,
    [...links.values()].flat().map(({ fills_id }) => fills_id),
  );
  const connections = await findConnections(client, attempt);
  const removals = await findRemovals(client, attempt, ids);
  const otherLink = (link: LinkRow): OtherLink[] => {
    const connection = connections.get(link.connection_id);
    return connection === undefined ? [] : [{ ...connection, fills: fillsOf(link.fills_id) }];
  };
  const candidate = (row: ContactRow): CandidateContact => {
    const all = links.get(row.id) ?? [];
    const own = all.find((link) => link.connection_id === attempt.connectionId);
    const others = all.filter((link) => link.connection_id !== attempt.connectionId && !link.gone);
    return {
      id: row.id,
      version: row.version,
      status: row.status,
      values: readValues(row.values),
      lockedFields: row.locked_fields,
      portalAccessBefore: row.portal_access_before,
      own: own === undefined ? null : ownLink(own, fillsOf(own.fills_id), removals.get(row.id)),
      others: others.flatMap(otherLink),
      othersRecheck: recheckOf(all.filter((link) => link.connection_id !== attempt.connectionId)),
    };
  };
  return new Map(rows.map((row) => [row.id, candidate(row)]));
}

function ownLink(link: LinkRow, fills: Fills, removal: ChangeAction | undefined): CandidateContact['own'] {
  return {
    externalId: link.external_id,
    person: link.person,
    fills,
    recheck: link.recheck,
    absence: absenceOf(link.gone, removal),
  };
}

/** `removal`: the plan's action for the contact of a person who was missing from the read. */
function absenceOf(gone: boolean, removal: ChangeAction | undefined): Absence {
  if (removal === undefined) return gone ? 'before' : 'none';
  return removal === 'NONE' ? 'stays' : 'removed';
}

/** The same number as `othersRecheck` in SQL (see apply/change-people.ts). */
function recheckOf(links: readonly LinkRow[]): number {
  return links.reduce((sum, { recheck }) => sum + recheck, 0) * 1000 + links.length;
}

/** The links of these contacts, by contact. */
async function findLinks(
  client: PoolClient,
  attempt: Attempt,
  ids: readonly string[],
): Promise<Map<string, LinkRow[]>> {
  const { rows } = await client.query<LinkRow>(
    `SELECT contact_id, connection_id, external_id, person, gone_since IS NOT NULL AS gone, recheck, fills_id FROM contact_link
     WHERE workspace_id = $1 AND contact_id = ANY($2::uuid[])`,
    [attempt.workspaceId, ids],
  );
  return Map.groupBy(rows, ({ contact_id }) => contact_id);
}

type ConnectionRow = { id: string; name: string; priority: number; created_at: Date };

/** All connections of the workspace, by id. They are few. */
async function findConnections(
  client: PoolClient,
  { workspaceId }: Attempt,
): Promise<Map<string, Omit<OtherLink, 'fills'>>> {
  const { rows } = await client.query<ConnectionRow>(
    'SELECT id, name, priority, created_at FROM connection WHERE workspace_id = $1',
    [workspaceId],
  );
  return new Map(
    rows.map(({ id, name, priority, created_at }) => [
      id,
      { connectionName: name, rank: { priority, createdAt: created_at.getTime(), connectionId: id } },
    ]),
  );
}

/** The plan's action for those of these contacts whose person is gone. NONE: the contact stays. */
async function findRemovals(
  client: PoolClient,
  attempt: Attempt,
  ids: readonly string[],
): Promise<Map<string, ChangeAction>> {
  const { rows } = await client.query<{ contact_id: string; action: ChangeAction }>(
    `SELECT contact_id, action FROM plan_row
     WHERE workspace_id = $1 AND run_id = $2 AND position < ${planPositions.handovers} AND contact_id = ANY($3::uuid[])`,
    [...key(attempt), ids],
  );
  return new Map(rows.map(({ contact_id, action }) => [contact_id, action]));
}
