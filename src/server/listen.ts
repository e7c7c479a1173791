import type { Server } from 'node:http';
import { AppError } from '../core/app-error.ts';

/** Lets the server listen and returns its URL. Port 0 picks a free one. Throws an AppError CANNOT_LISTEN. */
export async function listen(httpServer: Server, { host, port }: { host: string; port: number }): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    const fail = (error: Error) => reject(cannotListen(error, host, port));
    httpServer.once('error', fail);
    httpServer.listen({ host, port }, () => {
      httpServer.off('error', fail);
      resolve();
    });
  });
  const bound = httpServer.address();
  if (bound === null || typeof bound === 'string') throw new Error('The server listens on no port.');
  return `http://${host.includes(':') ? `[${host}]` : host}:${bound.port}`;
}

const noAddress: [string, string] = [
  'HOST is no address of this machine',
  'Set HOST to one that is, such as 127.0.0.1, or to 0.0.0.0 or :: for all of them.',
];

/** Why listening failed and what to do, by the system's error code. */
const reasons: Record<string, [string, string]> = {
  EADDRINUSE: ['another program listens there', 'End that program, or set PORT to another port (0 picks a free one).'],
  EACCES: ['this user may not use that port', 'Set PORT to one from 1024 up, or give the user the right to use it.'],
  EADDRNOTAVAIL: noAddress,
  ENOTFOUND: noAddress,
};

function cannotListen(cause: Error, host: string, port: number): AppError {
  const code = 'code' in cause ? String(cause.code) : '';
  const [reason, hint] = reasons[code] ?? [cause.message, 'Check HOST and PORT.'];
  return new AppError('CANNOT_LISTEN', `Can't listen on port ${port} of ${host}: ${reason}.`, { hint, cause });
}
