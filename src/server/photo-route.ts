import type { Request, RequestHandler, Response } from 'express';
import { requirePermissions } from '../api/access/check-access.ts';
import { makeApiContext } from '../api/api-context.ts';
import { found } from '../api/error/not-found.ts';
import { Permission } from '../core/access.ts';
import { clientSignal } from './client-signal.ts';
import { refuse } from './refuse.ts';
import type { ServerParts } from './server-parts.ts';
import { breakOffAtExpiry } from './signed-in.ts';

/** GET and HEAD /contacts/:id/photo. A contact without a photo, an unknown and a foreign one are answered alike. */
export function photoRoute(parts: ServerParts): RequestHandler<{ id: string }> {
  return async (request, response) => {
    try {
      await sendPhoto(parts, request, response);
    } catch (error) {
      response.setHeader('cache-control', 'no-store');
      refuse(response, error, parts);
    }
  };
}

async function sendPhoto(parts: ServerParts, request: Request<{ id: string }>, response: Response): Promise<void> {
  const signal = clientSignal(response);
  const viewer = await parts.signIn(request.headers.authorization);
  breakOffAtExpiry(viewer, response);
  const context = makeApiContext(parts.services, viewer, signal, parts.traffic.eachTransaction(viewer, signal));
  await requirePermissions(context, [Permission.CONTACTS_VIEW]);
  const { id } = request.params;
  const hash = found(await context.loaders.photoHash(id), 'photo');
  if (isNamed(request.headers['if-none-match'], etagOf(hash))) {
    response.writeHead(304, forCaches(hash)).end();
    return;
  }
  const photo = found(await context.store.photoOf(id), 'photo');
  response.writeHead(200, {
    ...forCaches(photo.hash),
    'content-type': photo.type,
    'content-length': photo.bytes.length,
    // The bytes come from a directory that anybody may have filled. So nothing in them is ever run or shown as a page.
    'content-security-policy': "default-src 'none'; sandbox",
    'content-disposition': 'inline; filename="photo"',
    'cross-origin-resource-policy': 'same-origin',
  });
  response.end(request.method === 'HEAD' ? undefined : photo.bytes);
}

/** Browsers may keep a photo, but must ask each time whether it is still valid, because permissions can change. */
function forCaches(hash: string) {
  return { etag: etagOf(hash), 'cache-control': 'private, no-cache', vary: 'Authorization' };
}

function etagOf(hash: string): string {
  return `"${hash.slice(0, 32)}"`;
}

/** Whether If-None-Match names the tag, in a list or by `*`. The comparison is weak (RFC 9110, 13.1.2). */
function isNamed(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((one) => one.trim() === '*' || one.trim().replace(/^W\//, '') === etag);
}
