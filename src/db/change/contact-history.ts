import type { Actor } from '../../core/access.ts';
import { type ContactField, type ContactValues, derivedFill, type Fills, fieldKey } from '../../core/contact.ts';
import { fieldChanges } from '../../core/field-changes.ts';
import { checkFirst } from '../../core/page-limits.ts';
import type { ChangeRecord, OriginRecord } from '../../core/records.ts';
import type { Page, PageRequest } from '../../core/store.ts';
import { isUuid } from '../../core/uuid.ts';
import { readValues, valuesOf } from '../contact/contact-columns.ts';
import { decodeCursor, type ListIdentity } from '../page/cursor.ts';
import { emptyPage, makePage } from '../page/make-page.ts';
import type { WorkspaceScope } from '../workspace-scope.ts';
import { type ChangeRow, history, selectChanges, toChange } from './change-record.ts';

/** SQL: the condition for changes that were made to a contact, or to others that were merged with it. $1: workspace, $2: contact. */
const made = `change.workspace_id = $1 AND change.contact_id = ANY(ARRAY(
  SELECT $2::uuid UNION ALL
  SELECT merged.dropped_id FROM merged_contact AS merged WHERE merged.workspace_id = $1 AND merged.kept_id = $2)) AND change.outcome IS NULL AND change.action <> 'SKIP'`;

/** The changes of a contact, by runs and by people, the newest first. A deleted contact has none. */
export async function contactHistory(
  scope: WorkspaceScope,
  contactId: string,
  { first, after }: PageRequest,
): Promise<Page<ChangeRecord>> {
  checkFirst(first);
  const { workspaceId } = scope;
  const list: ListIdentity = ['history', workspaceId, contactId];
  const position = decodeCursor(list, after, ['uuid', 'count']);
  if (!isUuid(contactId)) return emptyPage();
  const older = position === null ? '' : 'AND (change.change_set, change.position) < ($4::uuid, $5::bigint)';
  const rows = await scope.readOne<ChangeRow>(
    `${selectChanges(history)} WHERE ${made} ${older} ORDER BY change.change_set DESC, change.position DESC LIMIT $3`,
    [workspaceId, contactId, first + 1, ...(position ?? [])],
  );
  return makePage(rows, first, {
    list,
    position: (row) => [row.change_set, Number(row.position)],
    toNode: toChange,
    totalCount: () => countHistory(scope, contactId),
  });
}

async function countHistory(scope: WorkspaceScope, contactId: string): Promise<number> {
  const [row] = await scope.readOne<{ count: number }>(
    `SELECT count(*)::int AS count FROM contact_change AS change WHERE ${made}`,
    [scope.workspaceId, contactId],
  );
  return row?.count ?? 0;
}

/**
 * How many changes of a contact are searched for the origins of its fields. A field that was set earlier shows the
 * creation of the contact.
 */
const mostLookedAt = 500;

type OriginRow = {
  contact_id: string;
  change_set: string;
  at: Date;
  made_by: Actor | null;
  action: ChangeRecord['action'];
  before: Record<string, unknown> | null;
  after: Record<string, unknown> | null;
  connection_id: string | null;
  connection_name: string | null;
  fills: Fills | null;
  started_by: Actor | null;
};

type CurrentRow = { id: string; created_at: Date; now: Record<string, unknown> };

/** Where each filled field of these contacts comes from, by the contact's id. */
export async function originsOf(
  scope: WorkspaceScope,
  contactIds: readonly string[],
): Promise<Map<string, OriginRecord[]>> {
  const ids = contactIds.filter(isUuid);
  if (ids.length === 0) return new Map();
  return scope.read(async ({ query }) => {
    const contacts = await query<CurrentRow>(
      `SELECT contact.id, contact.created_at, to_jsonb(${valuesOf('contact')}) AS now FROM contact
       WHERE contact.workspace_id = $1 AND contact.id = ANY($2::uuid[])`,
      [scope.workspaceId, ids],
    );
    const changes = await query<OriginRow>(
      `SELECT change.*, connection.name AS connection_name, fills.fields AS fills, run.started_by
       FROM unnest($2::uuid[]) AS wanted (id)
       CROSS JOIN LATERAL (
         SELECT change.workspace_id, change.contact_id, change.change_set, change.position, change.at, change.made_by, change.action,
           to_jsonb(change.before) AS before, change.connection_id, change.fills_id,
           CASE WHEN change.display_name IS NOT NULL THEN to_jsonb(${valuesOf('change')}) END AS after
         FROM contact_change AS change
         WHERE change.workspace_id = $1 AND change.contact_id = wanted.id AND change.outcome IS NULL
           AND change.action NOT IN ('SKIP', 'NONE')
         ORDER BY change.change_set DESC, change.position DESC LIMIT $3) AS change
       LEFT JOIN connection ON connection.workspace_id = change.workspace_id AND connection.id = change.connection_id
       LEFT JOIN fills ON fills.workspace_id = change.workspace_id AND fills.id = change.fills_id
       LEFT JOIN run ON run.workspace_id = change.workspace_id AND run.id = change.change_set
       ORDER BY change.change_set DESC, change.position DESC`,
      [scope.workspaceId, ids, mostLookedAt],
    );
    const byContact = Map.groupBy(changes, ({ contact_id }) => contact_id);
    return new Map(contacts.map((contact) => [contact.id, originsIn(contact, byContact.get(contact.id) ?? [])]));
  });
}

/** The actor of a run that is no longer stored. */
const unknownRun: Actor = { kind: 'SERVICE', id: null, name: 'A run' };

/** Finds for each filled field the newest change that set it. `changes`: the newest first. */
function originsIn({ created_at, now }: CurrentRow, changes: readonly OriginRow[]): OriginRecord[] {
  const open = filledParts(readValues(now));
  const found = new Map<string, OriginRecord>();
  for (const change of changes) {
    const before = change.before === null ? null : readValues(change.before);
    const after = change.after === null ? null : readValues(change.after);
    for (const { field, label } of fieldChanges({ action: change.action, before, after })) {
      const key = fieldKey(field, label);
      if (open.has(key) && !found.has(key)) found.set(key, originOf(change, field, label));
    }
    if (found.size === open.size) break;
  }
  return [...open].map(
    ([key, part]) =>
      found.get(key) ?? {
        ...part,
        connectionId: null,
        connectionName: null,
        attribute: null,
        runId: null,
        setBy: unknownRun,
        setAt: created_at,
      },
  );
}

type Part = { field: ContactField; label: string | null };

/** The filled fields and labels, as they differ from an empty contact. */
function filledParts(values: ContactValues): Map<string, Part> {
  return new Map(
    fieldChanges({ action: 'CREATE', before: null, after: values }).map(({ field, label }) => [
      fieldKey(field, label),
      { field, label },
    ]),
  );
}

function originOf(change: OriginRow, field: ContactField, label: string | null): OriginRecord {
  const byPerson = change.made_by !== null;
  const fill = change.fills?.[fieldKey(field, label)] ?? null;
  return {
    field,
    label,
    connectionId: byPerson ? null : change.connection_id,
    connectionName: byPerson ? null : change.connection_name,
    attribute: byPerson || fill === null || notAttributes.includes(fill) ? null : fill,
    runId: byPerson ? null : change.change_set,
    setBy: change.made_by ?? change.started_by ?? unknownRun,
    setAt: change.at,
  };
}

/** Fills that name no attribute: a fixed value, a template, a name put together. */
const notAttributes = ['=', '{}', derivedFill];
