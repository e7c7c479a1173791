import type { RequestHandler, Response } from 'express';
import { requirePermissions } from '../api/access/check-access.ts';
import { makeApiContext } from '../api/api-context.ts';
import { found } from '../api/error/not-found.ts';
import { Permission } from '../core/access.ts';
import { AppError } from '../core/app-error.ts';
import { pageOf } from '../core/page-limits.ts';
import type { Page, PageRequest, WorkspaceStore } from '../core/store.ts';
import { clientSignal } from './client-signal.ts';
import { refuse } from './refuse.ts';
import { sendList } from './send-list.ts';
import type { ServerParts } from './server-parts.ts';
import { breakOffAtExpiry, countStream } from './signed-in.ts';
import { breakOff, write } from './write.ts';

/** A list of a run in a form for other programs. `page` reads a part of the list, `lines` writes one item. */
export type RunExport<T> = {
  name: string;
  contentType: string;
  head: string;
  page(
    store: WorkspaceStore,
    runId: string,
    page: PageRequest,
  ): Promise<Pick<Page<T>, 'nodes' | 'cursorAt' | 'hasNextPage'>>;
  lines(item: T): string;
};

export const csvType = 'text/csv; charset=utf-8; header=present';

/** Streams a whole list of a run. */
export function exportRoute<T>(parts: ServerParts, list: RunExport<T>): RequestHandler<{ id: string }> {
  return async (request, response) => {
    try {
      const signal = clientSignal(response);
      const viewer = await parts.signIn(request.headers.authorization);
      countStream(parts.traffic, viewer, response);
      breakOffAtExpiry(viewer, response);
      const allow = parts.traffic.eachTransaction(viewer, signal);
      const context = makeApiContext(parts.services, viewer, signal, allow);
      await requirePermissions(context, [Permission.CONTACT_SYNC_VIEW, Permission.CONTACTS_VIEW]);
      const run = found((await context.store.runsByIds([request.params.id]))[0], 'run');
      response.writeHead(200, { 'content-type': list.contentType, 'cache-control': 'no-store' });
      await send(response, context.store, run.id, list);
      response.end();
    } catch (error) {
      if (!response.headersSent) return refuse(response, error, parts);
      breakOff(response);
      if (error instanceof AppError && error.code === 'CLIENT_LEFT') return;
      const message = `The ${list.name} of a run could not be sent to their end`;
      parts.logger.warn({ err: error, runId: request.params.id }, message);
    }
  };
}

async function send<T>(
  response: Response,
  store: WorkspaceStore,
  runId: string,
  { head, page, lines }: RunExport<T>,
): Promise<void> {
  if (head !== '') await write(response, head);
  await sendList<string | null>(response, null, pageOf.largest, async (after, first) => {
    const { nodes, cursorAt, hasNextPage } = await page(store, runId, { first, after });
    const places = nodes.map((_, i) => cursorAt(i));
    return {
      items: nodes.map((node, i) => ({ text: () => lines(node), place: places[i] ?? null })),
      end: cursorAt(-1),
      hasMore: hasNextPage,
    };
  });
}
