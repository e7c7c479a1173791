import { sortKey } from '../../core/fold.ts';
import type { ConnectionEdit } from '../../core/records.ts';

/** The columns that a person's edit fills. */
export const editedColumns = (edit: ConnectionEdit) => ({
  name: edit.name,
  name_key: sortKey(edit.name),
  description: edit.description,
  status: edit.status,
  kind: edit.kind,
  source: edit.source,
  scope: edit.scope,
  mappings: edit.mappings,
  removal: edit.removal,
  schedule: edit.schedule,
  match_by: edit.matchBy,
  priority: edit.priority,
});
