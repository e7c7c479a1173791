import { spawnSync } from 'node:child_process';
import { chmod, link, lstat, mkdtemp, readdir, readFile, rename, rm, rmdir, stat, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { embeddedFailure } from './embedded-failure.ts';
import { findPostmaster } from './postmaster.ts';
import { mayEnter, type ServerUser } from './server-user.ts';

/**
 * A place outside of DATA_DIR is a folder that belongs to root and holds the server's folders. A file in DATA_DIR, the pointer,
 * contains its path, and the place holds a hard link to that file. A link count of two means that a DATA_DIR still points here,
 * even if it was moved. A count of one means that the DATA_DIR was removed, so the place can be removed too. When the two lie
 * on different file systems there is no link. The place then waits until a DATA_DIR with the same path finds it again.
 */
const NAME = 'kdesk-contact-sync-';

/** In DATA_DIR: the pointer. */
const POINTER = 'postgres-place';
/** In the place: the hard link to the pointer. */
const LINK = 'pointer';
/** In the place: the path of its DATA_DIR at the last start. */
const OWNER = 'belongs-to';

/** Folders for places. The first that exists and can be used is taken. */
const bases = ['/var/lib', '/var/tmp', '/tmp'];

/** The place that this DATA_DIR points to. Null: it points nowhere. */
export async function readPointer(folder: string): Promise<string | null> {
  const path = await read(join(folder, POINTER));
  return path !== null && path !== '' && (await exists(path)) ? path : null;
}

/** Finds or makes a place for a DATA_DIR that points nowhere yet. */
export async function choosePlace(folder: string, user: ServerUser): Promise<string> {
  const lost = await findUnlinked(folder);
  if (lost !== null) return pointTo(lost, folder);
  for (const base of bases) {
    const place = await mkdtemp(join(base, NAME)).catch(() => null);
    if (place === null) continue;
    await chmod(place, 0o755);
    if (mayEnter(user, place)) return pointTo(place, folder);
    await rmdir(place);
  }
  throw embeddedFailure(
    `User ${user.uid}, whom Postgres runs as, may enter neither ${folder} nor ${bases.join(', ')}.`,
  );
}

/** Renews the link and the noted path, because the DATA_DIR may have been moved or restored from a backup. */
export async function keepPlace(place: string, folder: string): Promise<void> {
  if (!(await isOurs(place))) return;
  if ((await read(join(place, OWNER))) !== folder) await writeFile(join(place, OWNER), `${folder}\n`);
  if ((await linksOf(place)) < 2) await linkTo(join(folder, POINTER), place);
}

/** Removes places whose DATA_DIR was removed. Places with a running server stay. */
export async function clearPlaces(): Promise<void> {
  for (const place of await places()) {
    const owner = await read(join(place, OWNER));
    const isPointedTo = (await linksOf(place)) !== 1 || (owner !== null && (await readPointer(owner)) === place);
    if (isPointedTo || (await findPostmaster(join(place, 'postgres', 'data'))) !== null) continue;
    // Another process may be removing the same place. The next start tries again.
    await removePlace(place).catch(() => {});
  }
}

/** Makes the DATA_DIR point to the place. When two processes do this at once, the second uses the first one's place. */
async function pointTo(place: string, folder: string): Promise<string> {
  const draft = join(folder, `${POINTER}-${basename(place)}`);
  const pointer = join(folder, POINTER);
  try {
    await writeFile(draft, `${place}\n`, { mode: 0o600 });
  } catch (cause) {
    await removePlace(place);
    throw embeddedFailure(`DATA_DIR ${folder} can't be written in.`, { cause });
  }
  // A pointer that is there now points to a place that is gone.
  if ((await readPointer(folder)) === null) await rm(pointer, { force: true });
  await linkTo(draft, place);
  await writeFile(join(place, OWNER), `${folder}\n`, { mode: 0o600 });
  try {
    await link(draft, pointer);
  } catch (error) {
    const other = await readPointer(folder);
    if (other !== null) {
      await rm(draft);
      await removePlace(place);
      return other;
    }
    // The file system has no hard links.
    if (!cantLink(error)) throw error;
    await rename(draft, pointer);
  }
  await rm(draft, { force: true });
  return place;
}

async function linkTo(pointer: string, place: string): Promise<void> {
  const draft = join(place, `${LINK}-${process.pid}`);
  try {
    await link(pointer, draft);
    await rename(draft, join(place, LINK));
  } catch (error) {
    if (!cantLink(error)) throw error;
  }
}

function cantLink(error: unknown): boolean {
  return ['EXDEV', 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EMLINK'].includes(String((error as { code?: unknown }).code));
}

async function findUnlinked(folder: string): Promise<string | null> {
  for (const place of await places()) {
    if ((await linksOf(place)) === 0 && (await read(join(place, OWNER))) === folder) return place;
  }
  return null;
}

async function places(): Promise<string[]> {
  const found: string[] = [];
  for (const base of bases) {
    const names = await readdir(base).catch(() => []);
    for (const name of names.filter((one) => one.startsWith(NAME))) {
      if (await isOurs(join(base, name))) found.push(join(base, name));
    }
  }
  return found;
}

/** Whether root made the place and only root may write in it. In /tmp anybody can make a folder of this name. */
async function isOurs(place: string): Promise<boolean> {
  const found = await lstat(place).catch(() => null);
  return found?.isDirectory() === true && found.uid === 0 && (found.mode & 0o022) === 0;
}

/** The link count of the place's link. 0: the place has no link. */
async function linksOf(place: string): Promise<number> {
  const found = await lstat(join(place, LINK)).catch(() => null);
  return found?.isFile() ? found.nlink : 0;
}

/** Removes the server user's files as that user, so that a symbolic link among them can't make root delete other files. */
async function removePlace(place: string): Promise<void> {
  for (const name of await readdir(place)) {
    if (name === LINK || name === OWNER) continue;
    const path = join(place, name);
    const { uid, gid } = await lstat(path);
    if (uid === 0) {
      await rm(path, { recursive: true });
      continue;
    }
    spawnSync('/bin/sh', ['-c', 'rm -rf -- "$1"', 'sh', path], { uid, gid, cwd: '/', stdio: 'ignore' });
    await rm(path).catch(() => rmdir(path));
  }
  // These go last, so that a half removed place is still recognized as one.
  await rm(join(place, OWNER), { force: true });
  await rm(join(place, LINK), { force: true });
  await rmdir(place);
}

function read(file: string): Promise<string | null> {
  return readFile(file, 'utf8').then(
    (text) => text.trim(),
    () => null,
  );
}

function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
