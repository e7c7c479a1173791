import type { Response } from 'express';
import type { Traffic } from '../api/traffic/traffic.ts';
import { rateLimited } from '../api/traffic/traffic-limits.ts';
import type { Viewer } from '../core/access.ts';

/** Counts an answer that may take as long as it likes, until it ends. AppError RATE_LIMITED when its token has too many. */
export function countStream({ streams, limits }: Traffic, viewer: Viewer, response: Response): void {
  const end = streams.add(viewer.tokenId);
  if (end === null) {
    throw rateLimited(limits.retryAfterSeconds, `An access token has ${limits.streamsPerToken} streams at a time.`);
  }
  if (response.destroyed) end();
  else response.once('close', end);
}
