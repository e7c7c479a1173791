import { checkFirst } from '../../core/page-limits.ts';
import type { ContactRecord } from '../../core/records.ts';
import type { Page, PageRequest } from '../../core/store.ts';
import { isUuid } from '../../core/uuid.ts';
import { decodeCursor, type ListIdentity, type Position } from '../page/cursor.ts';
import { emptyPage, makePage } from '../page/make-page.ts';
import type { Query } from '../query.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { allParts, type ContactSelection, contactSelection, toContact } from './find-contacts.ts';

/*
 * Who is whose manager. A contact has the digest of the name that its source gives for the manager (manager_ref); a link has that
 * of its person's own name (person_ref). The two are joined when somebody asks. So it does not matter which of both is imported
 * first, and nobody else's contact changes when a manager comes, goes or is renamed.
 */

/**
 * SQL: the contact of the manager of the contact named `report`. Only people of a connection that feeds the report count, first of
 * the connection that goes first. A name that nobody has any longer means the person who had it last. Connections are compared as
 * text, so that the planner looks people up by name. Without statistics it would read all links of the connection.
 */
function managerOf(report: string): string {
  return `(
    SELECT boss.contact_id
    FROM contact_link AS own
    JOIN connection ON connection.workspace_id = own.workspace_id AND connection.id = own.connection_id
    CROSS JOIN LATERAL (
      SELECT named.contact_id, named.gone_since, named.linked_at, false AS formerly FROM contact_link AS named
      WHERE named.person_ref = ${report}.manager_ref AND named.workspace_id = own.workspace_id
        AND named.connection_id::text = own.connection_id::text
      UNION ALL
      SELECT named.contact_id, named.gone_since, named.linked_at, true FROM former_person_ref AS former
      JOIN contact_link AS named ON named.workspace_id = former.workspace_id AND named.connection_id = former.connection_id
        AND named.external_id = former.external_id
      WHERE former.workspace_id = own.workspace_id AND former.connection_id = own.connection_id
        AND former.person_ref = ${report}.manager_ref) AS boss
    WHERE own.workspace_id = ${report}.workspace_id AND own.contact_id = ${report}.id
    ORDER BY own.gone_since IS NOT NULL, connection.priority, connection.created_at, connection.id,
      boss.formerly, boss.gone_since IS NOT NULL, boss.linked_at DESC
    LIMIT 1)`;
}

/**
 * SQL: what finds the person whom a text names as a manager, when a person's edit brings the text. Only a source knows all spellings
 * of a name, so it is taken from a contact with the same text, or from the person of that name. $1: workspace. Reads all contacts.
 */
export function refOfName(name: string): string {
  return `CASE WHEN ${name} IS NOT NULL THEN coalesce(
    (SELECT same.manager_ref FROM contact AS same
     WHERE same.workspace_id = $1 AND same.manager = ${name} AND same.manager_ref IS NOT NULL LIMIT 1),
    (SELECT named.person_ref FROM contact_link AS named
     WHERE named.workspace_id = $1 AND ${name} IN (named.person, named.external_id) AND named.person_ref IS NOT NULL LIMIT 1)) END`;
}

/** The managers of these contacts, by the contact's id. Contacts whose manager has no contact are left out. */
export async function managersOf(
  query: Query,
  workspaceId: string,
  contactIds: readonly string[],
): Promise<Map<string, ContactRecord>> {
  const rows = await query<ContactSelection & { report_id: string }>(
    `SELECT report.id AS report_id, contact.*
     FROM contact AS report CROSS JOIN LATERAL (
       SELECT ${contactSelection(allParts)} FROM contact
       WHERE contact.workspace_id = report.workspace_id AND contact.id = ${managerOf('report')}) AS contact
     WHERE report.workspace_id = $1 AND report.id = ANY($2::uuid[]) AND report.manager_ref IS NOT NULL`,
    [workspaceId, contactIds.filter(isUuid)],
  );
  return new Map(rows.map((row) => [row.report_id, toContact(row)]));
}

/** The contacts whose manager is this one, by name. */
export async function reportsPage(
  scope: WorkspaceScope,
  managerId: string,
  page: PageRequest,
): Promise<Page<ContactRecord>> {
  const after = decodeCursor(reportsList(scope.workspaceId, managerId), page.after, ['text', 'uuid']);
  return (await readReports(scope, [managerId], page.first, after))(managerId);
}

/** The first page of the reports of each of these contacts. One statement reads them all, one counts them all. */
export function reportsPages(
  scope: WorkspaceScope,
  managerIds: readonly string[],
  first: number,
): Promise<(managerId: string) => Page<ContactRecord>> {
  return readReports(scope, managerIds, first, null);
}

function reportsList(workspaceId: string, managerId: string): ListIdentity {
  return ['reports', workspaceId, managerId];
}

/** SQL: the names that contacts ($2) have or had in their sources, each once. $1: workspace. */
const names = `
  SELECT link.contact_id AS manager_id, link.person_ref FROM contact_link AS link
  WHERE link.workspace_id = $1 AND link.contact_id = ANY($2::uuid[]) AND link.person_ref IS NOT NULL
  UNION
  SELECT link.contact_id, former.person_ref FROM contact_link AS link
  JOIN former_person_ref AS former ON former.workspace_id = link.workspace_id AND former.connection_id = link.connection_id
    AND former.external_id = link.external_id
  WHERE link.workspace_id = $1 AND link.contact_id = ANY($2::uuid[])`;

/** SQL: the condition for a contact whose source gives the name `named` for its manager, and means that contact. */
const isReport = `contact.workspace_id = $1 AND contact.manager_ref = named.person_ref AND ${managerOf('contact')} = named.manager_id`;

async function readReports(
  scope: WorkspaceScope,
  managerIds: readonly string[],
  first: number,
  after: Position | null,
): Promise<(managerId: string) => Page<ContactRecord>> {
  checkFirst(first);
  const ids = managerIds.filter(isUuid);
  const beyond = after === null ? '' : 'AND (contact.name_key, contact.id) > ($4::text, $5::uuid)';
  const rows = await scope.readOne<ContactSelection & { manager_id: string; name_key: string }>(
    `SELECT named.manager_id, contact.* FROM (${names}) AS named CROSS JOIN LATERAL (
       SELECT ${contactSelection(allParts)}, contact.name_key FROM contact WHERE ${isReport} ${beyond}
       ORDER BY contact.name_key, contact.id LIMIT $3) AS contact
     ORDER BY contact.name_key, contact.id`,
    [scope.workspaceId, ids, first + 1, ...(after ?? [])],
  );
  const byManager = Map.groupBy(rows, (row) => row.manager_id);
  let totals: Promise<Map<string, number>> | undefined;
  return (managerId) => {
    const own = byManager.get(managerId);
    if (own === undefined && after === null) return emptyPage();
    return makePage((own ?? []).slice(0, first + 1), first, {
      list: reportsList(scope.workspaceId, managerId),
      position: (row) => [row.name_key, row.id],
      toNode: toContact,
      totalCount: async () => {
        totals ??= countReports(scope, ids);
        return (await totals).get(managerId) ?? 0;
      },
    });
  };
}

async function countReports(scope: WorkspaceScope, managerIds: readonly string[]): Promise<Map<string, number>> {
  const rows = await scope.readOne<{ manager_id: string; count: number }>(
    `SELECT named.manager_id, count(*)::int AS count FROM (${names}) AS named JOIN contact ON ${isReport}
     GROUP BY named.manager_id`,
    [scope.workspaceId, managerIds],
  );
  return new Map(rows.map((row) => [row.manager_id, row.count]));
}
