import { changeId } from '../api/change/contact-change.type.ts';
import { type FieldChange, fieldChanges } from '../core/field-changes.ts';
import type { FindingRecord } from '../core/quality.ts';
import type { ChangeRecord } from '../core/records.ts';
import type { PageRequest, WorkspaceStore } from '../core/store.ts';
import { csvLine } from './csv.ts';
import { csvType, type RunExport } from './export-route.ts';

const changes = {
  name: 'changes',
  page: (store: WorkspaceStore, runId: string, page: PageRequest) =>
    store.changesPage(runId, { action: null, search: null }, page),
};

export const changesCsv: RunExport<ChangeRecord> = {
  ...changes,
  contentType: csvType,
  head: csvLine([
    'at',
    'action',
    'applied',
    'contact id',
    'contact',
    'person',
    'person id',
    'field',
    'label',
    'before',
    'after',
    'reason',
  ]),
  lines: changeLines,
};

export const changesNdjson: RunExport<ChangeRecord> = {
  ...changes,
  contentType: 'application/x-ndjson; charset=utf-8',
  head: '',
  lines: jsonLine,
};

/** The findings of a run that has none to show (see `Run.quality`) are an empty list. */
export const qualityCsv: RunExport<FindingRecord> = {
  name: 'findings',
  contentType: csvType,
  head: csvLine(['kind', 'new', 'person', 'person id', 'field', 'message']),
  page: async (store, runId, page) => (await store.findingsPages([runId], null, page))(runId) ?? nothing,
  lines: ({ kind, isNew, person, personId, field, message }) =>
    csvLine([kind, isNew, person, personId, field, message]),
};

const nothing = { nodes: [], cursorAt: () => null, hasNextPage: false };

/** A line for each field that changes, so that a table can be filtered by field. A change without fields has one line. */
function changeLines(change: ChangeRecord): string {
  const fields: (FieldChange | null)[] = fieldChanges(change);
  const { at, action, applied, contactId, contactName, person, personId, reason } = change;
  const shown = [at.toISOString(), action, applied, contactId, contactName, person, personId];
  return (fields.length === 0 ? [null] : fields)
    .map((one) => csvLine([...shown, one?.field, one?.label, one?.before, one?.after, reason]))
    .join('');
}

function jsonLine(change: ChangeRecord): string {
  const { at, action, applied, contactId, contactName, person, personId, reason } = change;
  const shown = { at, action, applied, contactId, contactName, person, personId, reason };
  return `${JSON.stringify({ id: changeId(change), ...shown, fields: fieldChanges(change) })}\n`;
}
