import { execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { embeddedFailure } from './embedded-failure.ts';
import { isRunning } from './postmaster.ts';
import type { ServerPlace } from './server-place.ts';
import { serverEnvironment } from './server-user.ts';

/** UTF-8, with lower() for all letters, the same on every machine. Names are sorted by our own keys, not by the collation. */
const flags = [
  '--username=postgres',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--no-instructions',
];

/** Makes the data folder, with a random password, if there is none. When two processes make one at once, one of them stays. */
export async function initData(place: ServerPlace, signal?: AbortSignal): Promise<void> {
  signal?.throwIfAborted();
  const version = await readFile(join(place.data, 'PG_VERSION'), 'utf8').catch(() => null);
  if (version !== null) return refuseOtherVersion(place, version.trim());
  await removeUnfinished(place);
  const unfinished = `${place.home}-new-${process.pid}-${randomBytes(4).toString('hex')}`;
  try {
    await makeData(place, unfinished, signal);
    await rename(unfinished, place.home).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } catch (cause) {
    signal?.throwIfAborted();
    throw embeddedFailure(`The data folder of the embedded Postgres could not be made: ${reason(cause)}`, {
      hint: wayOut(reason(cause)),
      cause,
    });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function makeData(place: ServerPlace, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const password = join(folder, 'password');
  await mkdir(folder, { mode: 0o700 });
  await writeFile(password, randomBytes(24).toString('hex'), { mode: 0o600 });
  if (place.user !== null) {
    for (const path of [folder, password]) await chown(path, place.user.uid, place.user.gid);
  }
  await runInitdb(place, folder, signal);
}

/**
 * Runs in a separate process group, so that Ctrl-C for our process does not break it. The group ends when `signal`
 * aborts.
 */
async function runInitdb(place: ServerPlace, folder: string, signal: AbortSignal | undefined): Promise<void> {
  const child = spawn(
    join(place.binaries, 'bin', 'initdb'),
    [...flags, `--pgdata=${join(folder, 'data')}`, `--pwfile=${join(folder, 'password')}`],
    { ...place.user, cwd: folder, env: serverEnvironment, detached: true, stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const stop = () => {
    if (child.pid !== undefined && child.exitCode === null) process.kill(-child.pid, 'SIGTERM');
  };
  signal?.addEventListener('abort', stop);
  try {
    const [said, [code]] = await Promise.all([text(child.stderr), once(child, 'close')]);
    if (code !== 0) throw new Error(said.trim() || `initdb ended with ${code}`);
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}

/** Removes the folders that killed starts have left. */
async function removeUnfinished(place: ServerPlace): Promise<void> {
  const prefix = `${basename(place.home)}-new-`;
  for (const name of await readdir(dirname(place.home))) {
    if (!name.startsWith(prefix)) continue;
    const maker = Number.parseInt(name.slice(prefix.length), 10);
    if (maker > 0 && !(await isRunning(maker)))
      await rm(join(dirname(place.home), name), { recursive: true, force: true });
  }
}

async function refuseOtherVersion(place: ServerPlace, made: string): Promise<void> {
  const { stdout } = await promisify(execFile)(join(place.binaries, 'bin', 'postgres'), ['--version']);
  const ours = /(\d+)/.exec(stdout)?.[1] ?? '';
  if (made === ours) return;
  throw embeddedFailure(`The data in ${place.data} is Postgres ${made}'s, the embedded one is ${ours}.`, {
    hint: 'Move that folder away to start with an empty one, or set DATABASE_URL to a server that holds the data.',
  });
}

/** The hint if the folder is the cause. Undefined: the default hint. */
function wayOut(said: string): string | undefined {
  if (/ENOSPC|No space left|free disk space/i.test(said)) {
    return 'Free some disk space where DATA_DIR lies, or set DATA_DIR to a folder on another disk.';
  }
  if (/EROFS|EACCES|EPERM|Read-only file system|Permission denied/i.test(said)) {
    return 'Set DATA_DIR to a folder that this user may write, or give the user the right to.';
  }
  return undefined;
}

function reason(error: unknown): string {
  const { message } = error as { message?: string };
  return (message || String(error)).split('\n').slice(0, 3).join(' ');
}
