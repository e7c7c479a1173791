import type { RequestHandler, Response } from 'express';
import { requirePermissions } from '../api/access/check-access.ts';
import { makeApiContext } from '../api/api-context.ts';
import { found } from '../api/error/not-found.ts';
import { Permission } from '../core/access.ts';
import { AppError } from '../core/app-error.ts';
import { pageOfLog } from '../core/page-limits.ts';
import type { LogLine } from '../core/run.ts';
import type { WorkspaceStore } from '../core/store.ts';
import { clientSignal } from './client-signal.ts';
import { refuse } from './refuse.ts';
import { sendList } from './send-list.ts';
import type { ServerParts } from './server-parts.ts';
import { breakOffAtExpiry, countStream } from './signed-in.ts';
import { breakOff } from './write.ts';

/** GET /runs/:id/log.txt: the whole stored log, all levels, as lines of text. */
export function logTextRoute(parts: ServerParts): RequestHandler<{ id: string }> {
  return async (request, response) => {
    try {
      const signal = clientSignal(response);
      const viewer = await parts.signIn(request.headers.authorization);
      countStream(parts.traffic, viewer, response);
      breakOffAtExpiry(viewer, response);
      const allow = parts.traffic.eachTransaction(viewer, signal);
      const context = makeApiContext(parts.services, viewer, signal, allow);
      await requirePermissions(context, [Permission.CONTACT_SYNC_VIEW]);
      const run = found((await context.store.runsByIds([request.params.id]))[0], 'run');
      response.writeHead(200, {
        'content-type': 'text/plain; charset=utf-8',
        'cache-control': 'no-store',
      });
      await sendLog(response, context.store, run.id);
      response.end();
    } catch (error) {
      if (!response.headersSent) return refuse(response, error, parts);
      breakOff(response);
      if (isClientLeft(error)) return;
      parts.logger.warn({ err: error, runId: request.params.id }, 'A log could not be sent to its end');
    }
  };
}

function isClientLeft(error: unknown): boolean {
  return error instanceof AppError && error.code === 'CLIENT_LEFT';
}

async function sendLog(response: Response, store: WorkspaceStore, runId: string): Promise<void> {
  await sendList(response, 0, pageOfLog.largest, async (after, first) => {
    const { lines, lastSeq, hasMore } = await store.runLog(runId, { after, minLevel: 'DEBUG', search: null, first });
    return { items: lines.map((line) => ({ text: () => logText(line), place: line.seq })), end: lastSeq, hasMore };
  });
}

/** Characters that end a line, move the cursor or change the text's direction: C0, C1, line and paragraph separators, bidi signs. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const control = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;
const named: Record<string, string> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' };

function escaped(text: string): string {
  return text.replace(control, (sign) => named[sign] ?? `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A line of a run's log as plain text: number, time, level, code, message, person, line feed. */
export function logText({ seq, at, level, code, message, person }: LogLine): string {
  const about = person === null ? '' : ` [${escaped(person)}]`;
  return `${seq} ${at.toISOString()} ${level.padEnd(5)} ${code} ${escaped(message)}${about}\n`;
}
