import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chown, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { embeddedFailure } from './embedded-failure.ts';
import { serverEnvironment } from './server-environment.ts';
import type { ServerPlace } from './server-place.ts';

/** UTF-8 with lower() and the like for all letters, the same on every machine; names are ordered by keys of our own. */
const flags = [
  '--username=postgres',
  '--auth=scram-sha-256',
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  '--locale=C',
  '--no-instructions',
];

/** Makes the data folder with a random password when there is none; of two processes at once, one's stays. */
export async function initData(place: ServerPlace): Promise<void> {
  const version = await readFile(join(place.data, 'PG_VERSION'), 'utf8').catch(() => null);
  if (version !== null) return refuseOtherVersion(place, version.trim());
  const unfinished = `${place.home}-${randomBytes(4).toString('hex')}`;
  try {
    await makeData(place, unfinished);
    await rename(unfinished, place.home).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
    });
  } catch (cause) {
    throw embeddedFailure(`The data folder of the embedded Postgres could not be made: ${reason(cause)}`, { cause });
  } finally {
    await rm(unfinished, { recursive: true, force: true });
  }
}

async function makeData(place: ServerPlace, folder: string): Promise<void> {
  const password = join(folder, 'password');
  await mkdir(folder, { mode: 0o700 });
  await writeFile(password, randomBytes(24).toString('hex'), { mode: 0o600 });
  if (place.user !== null) {
    for (const path of [folder, password]) await chown(path, place.user.uid, place.user.gid);
  }
  await promisify(execFile)(
    join(place.binaries, 'bin', 'initdb'),
    [...flags, `--pgdata=${join(folder, 'data')}`, `--pwfile=${password}`],
    { ...place.user, cwd: folder, env: serverEnvironment },
  );
}

async function refuseOtherVersion(place: ServerPlace, made: string): Promise<void> {
  const { stdout } = await promisify(execFile)(join(place.binaries, 'bin', 'postgres'), ['--version']);
  const ours = /(\d+)/.exec(stdout)?.[1] ?? '';
  if (made === ours) return;
  throw embeddedFailure(`The data in ${place.data} is Postgres ${made}'s, the embedded one is ${ours}.`, {
    hint: 'Move that folder away to start with an empty one, or set DATABASE_URL to a server that holds the data.',
  });
}

function reason(error: unknown): string {
  const { stderr, message } = error as { stderr?: string; message?: string };
  return (stderr?.trim() || message || String(error)).split('\n').slice(0, 3).join(' ');
}
