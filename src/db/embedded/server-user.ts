import { execFile, spawnSync } from 'node:child_process';
import { stat } from 'node:fs/promises';
import { promisify } from 'node:util';
import { embeddedFailure } from './embedded-failure.ts';

/** The user of the server's processes. Postgres refuses to run as root. */
export type ServerUser = { uid: number; gid: number };

const run = promisify(execFile);

/** Null: our own user. When we are root: the owner of existing data, else the user `postgres`, else `nobody`. */
export async function serverUser(existingData: string): Promise<ServerUser | null> {
  if (process.getuid?.() !== 0) return null;
  const owner = await stat(existingData).catch(() => null);
  if (owner !== null && owner.uid !== 0) return { uid: owner.uid, gid: owner.gid };
  for (const name of ['postgres', 'nobody']) {
    const user = await userByName(name);
    if (user !== null) return user;
  }
  throw embeddedFailure('Postgres does not run as root, and there is no user "postgres" or "nobody" to run it as.');
}

async function userByName(name: string): Promise<ServerUser | null> {
  try {
    const [uid, gid] = await Promise.all([run('id', ['-u', name]), run('id', ['-g', name])]);
    return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
  } catch {
    return null;
  }
}

/** Whether the user may enter the folder or run the file, through all folders above it. */
export function mayEnter(user: ServerUser, path: string): boolean {
  const { status, error } = spawnSync('/bin/sh', ['-c', 'test -x "$1"', 'sh', path], {
    ...user,
    cwd: '/',
    stdio: 'ignore',
  });
  if (error !== undefined) {
    throw embeddedFailure(`Postgres does not run as root, and changing to user ${user.uid} was refused.`, {
      cause: error,
    });
  }
  return status === 0;
}

/** The environment of the server's programs. Nothing of ours is in it: PGPORT, the locale and so on would change them. */
export const serverEnvironment: Readonly<Record<string, string>> = {
  PATH: '/usr/local/bin:/usr/bin:/bin',
  LC_ALL: 'C',
  TZ: 'UTC',
  // glibc keeps freed memory for the next row instead of giving it back to the system each time.
  MALLOC_TOP_PAD_: '16777216',
  MALLOC_TRIM_THRESHOLD_: '67108864',
};
