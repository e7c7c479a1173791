import type { RequestHandler } from 'express';
import type { ServerParts } from './server-parts.ts';

/** After this time the database counts as not answering. */
const PATIENCE_MS = 3000;

const NO_ANSWER = 'the database does not answer';

/** GET /readyz: 200 or 503. It needs no sign-in, so all requests at the same time share one check. */
export function readiness({ notReady, faultLog }: Pick<ServerParts, 'notReady' | 'faultLog'>): RequestHandler {
  let looking: Promise<string | null> | null = null;
  const look = async (): Promise<string | null> => {
    try {
      return await notReady();
    } catch (error) {
      faultLog(null, error);
      return NO_ANSWER;
    } finally {
      looking = null;
    }
  };
  return async (_request, response) => {
    looking ??= look();
    const lack = await orNoAnswer(looking);
    response
      .status(lack === null ? 200 : 503)
      .json(lack === null ? { status: 'ready' } : { status: 'not ready', lack });
  };
}

async function orNoAnswer(looking: Promise<string | null>): Promise<string | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(() => resolve(NO_ANSWER), PATIENCE_MS);
  });
  try {
    return await Promise.race([looking, late]);
  } finally {
    clearTimeout(timer);
  }
}
