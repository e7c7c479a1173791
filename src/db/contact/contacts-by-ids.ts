import type { ContactRecord } from '../../core/records.ts';
import { isUuid } from '../../core/uuid.ts';
import type { Query } from '../query.ts';
import { type ContactSelection, contactSelection, toContact } from './contact-record.ts';

/** Those there are, in no particular order. */
export async function contactsByIds(
  query: Query,
  workspaceId: string,
  ids: readonly string[],
): Promise<ContactRecord[]> {
  const rows = await query<ContactSelection>(
    `SELECT ${contactSelection} FROM contact WHERE contact.workspace_id = $1 AND contact.id = ANY($2::uuid[])`,
    [workspaceId, ids.filter(isUuid)],
    'contacts by ids',
  );
  return rows.map(toContact);
}
