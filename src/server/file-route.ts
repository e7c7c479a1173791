import { parse } from 'content-disposition';
import type { Request, RequestHandler, Response } from 'express';
import { requirePermissions } from '../api/access/check-access.ts';
import { makeApiContext } from '../api/api-context.ts';
import { found } from '../api/error/not-found.ts';
import { rateLimited } from '../api/traffic/traffic-limits.ts';
import { Permission } from '../core/access.ts';
import { AppError } from '../core/app-error.ts';
import { oneLine, storableText } from '../core/outside-text.ts';
import { clientLeft } from './client-signal.ts';
import { refuse } from './refuse.ts';
import type { ServerParts } from './server-parts.ts';
import { viewerOf } from './signed-in.ts';

const megabyte = 1024 * 1024;
const largestFile = 1024 * megabyte;
/** The most characters of a file's name. */
const longestName = 200;
/** The longest wait for the next bytes, and for the next megabyte. Slower uploads are ended. */
const longestSilenceMs = 60_000;
const longestMegabyteMs = 5 * 60_000;

/**
 * PUT /connections/:id/file: stores the body as the connection's file, for people who are signed in. The body is read no faster than
 * it is stored. The previous file stays until the new one is complete.
 */
export function fileRoute(parts: ServerParts): RequestHandler<{ id: string }> {
  return async (request, response) => {
    try {
      response.json(await saveFile(parts, request, response));
    } catch (error) {
      // The rest of the body is not read.
      response.setHeader('connection', 'close');
      refuse(response, error, parts);
    }
  };
}

async function saveFile({ services, traffic }: ServerParts, request: Request<{ id: string }>, response: Response) {
  const viewer = viewerOf(response);
  // When the client leaves, this must go on, because the part that was sent is deleted then.
  const context = makeApiContext(services, viewer, new AbortController().signal, traffic.eachTransaction(viewer));
  await requirePermissions(context, [Permission.CONTACT_SYNC_MANAGE]);
  const { id, kind } = found(await context.loaders.connection(request.params.id), 'connection');
  const { takesFile, label } = context.sources.kind(kind);
  if (!takesFile) throw new AppError('BAD_USER_INPUT', `A connection of the kind ${label} takes no file.`);
  if ((request.headers['content-encoding'] ?? 'identity') !== 'identity')
    throw new AppError('BAD_USER_INPUT', 'A file is sent as it is, without Content-Encoding.');
  if (/^multipart\//i.test(request.headers['content-type'] ?? ''))
    throw new AppError('BAD_USER_INPUT', 'The body is the file itself, not a form: send it with curl -T, say, not -F.');
  if (Number(request.headers['content-length']) > largestFile) throw tooLarge();
  const end = traffic.uploads.add(viewer.workspaceId);
  if (end === null)
    throw rateLimited(
      traffic.limits.retryAfterSeconds,
      `${traffic.limits.uploadsPerWorkspace} files are being uploaded.`,
    );
  try {
    const file = found(await context.store.saveFile(id, nameOf(request), bodyOf(request)), 'connection');
    return { fileName: file.name, bytes: file.bytes, uploadedAt: file.uploadedAt.toISOString() };
  } finally {
    end();
  }
}

/** The body as it comes. Throws an AppError when it is too large, comes too slowly, or breaks off. */
async function* bodyOf(request: Request<{ id: string }>): AsyncGenerator<Uint8Array> {
  const chunks: AsyncIterator<Uint8Array> = request[Symbol.asyncIterator]();
  let bytes = 0;
  let waitedMs = 0;
  for (;;) {
    const begun = performance.now();
    const next = await inTime(chunks.next(), Math.min(longestSilenceMs, longestMegabyteMs - waitedMs));
    waitedMs += performance.now() - begun;
    if (next.done) break;
    const megabytes = Math.floor(bytes / megabyte);
    bytes += next.value.length;
    if (bytes > largestFile) throw tooLarge();
    if (Math.floor(bytes / megabyte) > megabytes) waitedMs = 0;
    yield next.value;
  }
  if (!request.complete) throw clientLeft();
}

/** Waits this long for the next chunk. Node's iterator throws another error when the client has left. */
async function inTime<T>(next: Promise<T>, ms: number): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(tooSlow()), ms);
  try {
    return await Promise.race([next, late.promise]);
  } catch (error) {
    throw error instanceof AppError ? error : clientLeft();
  } finally {
    clearTimeout(timer);
    next.catch(() => {});
  }
}

/** The file's name from the query (`?name=`), or else from Content-Disposition; without folders, on one line. */
function nameOf({ query, headers }: Request<{ id: string }>): string {
  const given = typeof query.name === 'string' ? query.name : dispositionName(headers['content-disposition']);
  const last =
    oneLine(storableText(given ?? ''))
      .split(/[/\\]/)
      .at(-1)
      ?.trim() ?? '';
  return last === '' || last === '.' || last === '..' ? 'file' : [...last].slice(0, longestName).join('');
}

function dispositionName(header: string | undefined): string | null {
  try {
    return header === undefined ? null : (parse(header).parameters.filename ?? null);
  } catch {
    return null;
  }
}

function tooLarge(): AppError {
  return new AppError('FILE_TOO_LARGE', 'A file has at most 1 GB.');
}

function tooSlow(): AppError {
  return new AppError('UPLOAD_TOO_SLOW', 'The file did not come fast enough, so it was not waited for.', {
    hint: `Send something at least every ${longestSilenceMs / 1000} s, and a megabyte at least every ${longestMegabyteMs / 60_000} minutes.`,
  });
}
