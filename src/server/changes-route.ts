import type { RequestHandler, Response } from 'express';
import { requirePermissions } from '../api/access/check-access.ts';
import { makeApiContext } from '../api/api-context.ts';
import { changeId } from '../api/change/contact-change.type.ts';
import { found } from '../api/error/not-found.ts';
import { Permission } from '../core/access.ts';
import { AppError } from '../core/app-error.ts';
import { type FieldChange, fieldChanges } from '../core/field-changes.ts';
import { pageOf } from '../core/page-limits.ts';
import type { ChangeRecord } from '../core/records.ts';
import type { WorkspaceStore } from '../core/store.ts';
import { clientSignal } from './client-signal.ts';
import { refuse } from './refuse.ts';
import type { ServerParts } from './server-parts.ts';
import { countStream } from './signed-in.ts';
import { write } from './write.ts';

type Format = { contentType: string; head: string; lines(change: ChangeRecord): string };

/** The changes of a run in a form for other programs. */
export const changeFormats = {
  csv: {
    contentType: 'text/csv; charset=utf-8; header=present',
    head: 'at,action,applied,contact id,contact,person,person id,field,label,before,after,reason\r\n',
    lines: csvLines,
  },
  ndjson: { contentType: 'application/x-ndjson; charset=utf-8', head: '', lines: jsonLine },
} satisfies Record<string, Format>;

/** GET /runs/:id/changes.csv and .ndjson: all changes of a run. Only one page is in memory at a time. */
export function changesRoute(parts: ServerParts, format: Format): RequestHandler<{ id: string }> {
  return async (request, response) => {
    try {
      const signal = clientSignal(response);
      const viewer = await parts.signIn(request.headers.authorization);
      countStream(parts.traffic, viewer, response);
      const allow = parts.traffic.eachTransaction(viewer, signal);
      const context = makeApiContext(parts.services, viewer, signal, allow);
      await requirePermissions(context, [Permission.CONTACT_SYNC_VIEW, Permission.CONTACTS_VIEW]);
      const run = found((await context.store.runsByIds([request.params.id]))[0], 'run');
      response.writeHead(200, { 'content-type': format.contentType, 'cache-control': 'no-store' });
      await sendChanges(response, context.store, run.id, format);
      response.end();
    } catch (error) {
      if (!response.headersSent) return refuse(response, error, parts);
      // The end of the last chunk is missing, so the client sees that this is not all.
      response.destroy();
      if (error instanceof AppError && error.code === 'CLIENT_LEFT') return;
      parts.logger.warn(
        { err: error, runId: request.params.id },
        'The changes of a run could not be sent to their end',
      );
    }
  };
}

const everything = { action: null, search: null };

async function sendChanges(
  response: Response,
  store: WorkspaceStore,
  runId: string,
  { head, lines }: Format,
): Promise<void> {
  if (head !== '') await write(response, head);
  for (let after: string | null = null, hasMore = true; hasMore && response.writable; ) {
    const page = await store.changesPage(runId, everything, { first: pageOf.largest, after });
    if (page.nodes.length > 0) await write(response, page.nodes.map(lines).join(''));
    after = page.endCursor;
    hasMore = page.hasNextPage;
  }
}

/** A line for each field that changes, so that a table can be filtered by field. A change without fields has one line. */
function csvLines(change: ChangeRecord): string {
  const fields: (FieldChange | null)[] = fieldChanges(change);
  const { at, action, applied, contactId, contactName, person, personId, reason } = change;
  return (fields.length === 0 ? [null] : fields)
    .map((one) =>
      [
        at.toISOString(),
        action,
        applied,
        contactId,
        contactName,
        person,
        personId,
        one?.field,
        one?.label,
        one?.before,
        one?.after,
        reason,
      ]
        .map(cell)
        .join(','),
    )
    .map((line) => `${line}\r\n`)
    .join('');
}

/** Spreadsheets take a cell that begins like this for a formula, and would run it. */
const formula = /^[=+\-@\t\r\n|%]/;
const special = /[",\r\n]/;

/** A cell as RFC 4180 has it. One that looks like a formula gets an apostrophe in front, which spreadsheets show as text. */
function cell(value: string | boolean | null | undefined): string {
  const text = value === null || value === undefined ? '' : String(value);
  const harmless = formula.test(text.trimStart()) || formula.test(text) ? `'${text}` : text;
  return special.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}

function jsonLine(change: ChangeRecord): string {
  const { at, action, applied, contactId, contactName, person, personId, reason } = change;
  const shown = { at, action, applied, contactId, contactName, person, personId, reason };
  return `${JSON.stringify({ id: changeId(change), ...shown, fields: fieldChanges(change) })}\n`;
}
