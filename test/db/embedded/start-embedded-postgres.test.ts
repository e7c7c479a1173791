import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import {
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { clearPlaces } from '../../../src/db/embedded/outside-places.ts';
import { findPostmaster, isRunning } from '../../../src/db/embedded/postmaster.ts';
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded-postgres.ts';

const isRoot = process.getuid?.() === 0;

let folder: string;
let dataDir: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'embedded-postgres-'));
  if (isRoot) await chmod(folder, 0o755);
  dataDir = join(folder, 'data');
});

afterEach(async () => {
  const left = await findPostmaster(join(dataDir, 'postgres', 'data'));
  if (left !== null) process.kill(left.pid, 'SIGKILL');
  await rm(folder, { recursive: true, force: true });
});

const start = () => startEmbeddedPostgres({ dataDir });
const postmaster = () => findPostmaster(join(dataDir, 'postgres', 'data'));

async function ask<T>(url: string, sql: string): Promise<T[]> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows as T[];
  } finally {
    await client.end();
  }
}

/** Starts the server in a separate process, which prints the URL and then waits for its end. */
async function startElsewhere(dir: string, as: { uid?: number; gid?: number } = {}) {
  const script = new URL('./hold-server.ts', import.meta.url);
  const child = spawn(process.execPath, [script.pathname, dir], {
    ...as,
    stdio: ['pipe', 'pipe', 'inherit'],
    cwd: '/',
  });
  const [said] = await once(child.stdout.setEncoding('utf8'), 'data');
  return { child, said: String(said).trim() };
}

async function gone(pid: number): Promise<void> {
  while (await isRunning(pid)) await wait(20);
}

/** The guard and its watch: processes in the server's process group that are not Postgres. */
async function groupMembers(pid: number): Promise<number[]> {
  const found: number[] = [];
  const group = (await statOf(pid))[2];
  for (const other of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)) {
    const command = await readFile(`/proc/${other}/comm`, 'utf8').catch(() => '');
    if (command.trim() === 'sh' && (await statOf(other))[2] === group) found.push(other);
  }
  return found;
}

/** The fields after the name in /proc/<pid>/stat: state, parent, group. */
const statOf = async (pid: number): Promise<string[]> =>
  (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')).split(') ')[1]?.split(' ') ?? [];

describe('the embedded Postgres', () => {
  test('starts, keeps its data over a restart, and leaves no process and no lock', async () => {
    const first = await start();
    const running = await postmaster();
    await ask(first.url, `CREATE TABLE kept AS SELECT 'Ä' AS letter`);
    await first.close();
    expect(await isRunning(running?.pid ?? 0)).toBe(false);
    await expect(stat(join(dataDir, 'postgres', 'data', 'postmaster.pid'))).rejects.toThrow('ENOENT');
    const second = await start();
    expect(await ask(second.url, 'SELECT letter, lower(letter) AS small FROM kept')).toEqual([
      { letter: 'Ä', small: 'ä' },
    ]);
    await second.close();
    await second.close();
  });

  test('listens only on loopback, is durable, and requires the password', async () => {
    const server = await start();
    const settings = await ask<{ name: string; setting: string }>(
      server.url,
      `SELECT name, setting FROM pg_settings WHERE name IN ('listen_addresses', 'fsync', 'synchronous_commit', 'full_page_writes')`,
    );
    expect(Object.fromEntries(settings.map(({ name, setting }) => [name, setting]))).toEqual({
      listen_addresses: '127.0.0.1',
      fsync: 'on',
      synchronous_commit: 'on',
      full_page_writes: 'on',
    });
    const open = new URL(server.url);
    open.password = '';
    await expect(ask(open.href, 'SELECT 1')).rejects.toThrow();
    const password = join(dataDir, 'postgres', 'password');
    expect((await stat(password)).mode & 0o777).toBe(0o600);
    expect((await readFile(password, 'utf8')).length).toBeGreaterThanOrEqual(32);
    const role = await ask(server.url, 'SELECT rolsuper FROM pg_roles WHERE rolname = current_user');
    expect(role).toEqual([{ rolsuper: false }]);
    const rights = 'rolsuper, rolbypassrls, rolcreaterole, rolcreatedb';
    expect(await ask(server.apiUrl, `SELECT ${rights} FROM pg_roles WHERE rolname = session_user`)).toEqual([
      { rolsuper: false, rolbypassrls: false, rolcreaterole: false, rolcreatedb: false },
    ]);
    expect(new URL(server.apiUrl).password).not.toBe(new URL(server.url).password);
    await server.close();
  });

  test('is in a process group of its own', async () => {
    const server = await start();
    const running = await postmaster();
    expect((await statOf(running?.pid ?? 0))[2]).not.toBe((await statOf(process.pid))[2]);
    await server.close();
  });

  test('is shared by all processes that start it at the same moment, and ends with the last one', async () => {
    const servers = await Promise.all([start(), start(), start()]);
    const running = await postmaster();
    expect(new Set(servers.map(({ url }) => url)).size).toBe(1);
    for (const server of servers.slice(1)) await server.close();
    expect(await ask(servers[0]?.url ?? '', 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await servers[0]?.close();
    expect(await isRunning(running?.pid ?? 0)).toBe(false);
  });

  test('closed by one process and started by another at the same moment runs for the other', async () => {
    let server = await start();
    for (let round = 0; round < 3; round++) {
      const [next] = await Promise.all([start(), server.close()]);
      expect(await ask(next.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      server = next;
    }
    await server.close();
    expect(await postmaster()).toBeNull();
  });

  test('ends by itself when the only process that uses it is killed', async () => {
    const { child } = await startElsewhere(dataDir);
    const running = await postmaster();
    child.kill('SIGKILL');
    await gone(running?.pid ?? 0);
    expect(await postmaster()).toBeNull();
    const again = await start();
    await again.close();
  });

  test('outlives the process that started it while another one uses it, however often they change', async () => {
    let { child, said } = await startElsewhere(dataDir);
    const first = said;
    const running = await postmaster();
    for (let round = 0; round < 3; round++) {
      const next = await startElsewhere(dataDir);
      child.kill('SIGKILL');
      await once(child, 'exit');
      ({ child, said } = next);
      expect(said).toBe(first);
      expect(await ask(said, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    }
    child.kill('SIGKILL');
    await gone(running?.pid ?? 0);
  });

  test('works for a process that comes at the moment when its last user is killed', async () => {
    for (let round = 0; round < 5; round++) {
      const { child } = await startElsewhere(dataDir);
      child.kill('SIGKILL');
      const server = await start();
      expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
      await server.close();
    }
  });

  test('whose guard was killed is taken over, and ended by its next user', async () => {
    const { child, said } = await startElsewhere(dataDir);
    const left = await postmaster();
    for (const pid of await groupMembers(left?.pid ?? 0)) process.kill(pid, 'SIGKILL');
    child.kill('SIGKILL');
    await once(child, 'exit');
    const server = await start();
    expect(server.url).toBe(said);
    await server.close();
    expect(await isRunning(left?.pid ?? 0)).toBe(false);
  });

  test('leaves no pipe behind, and removes those that a power cut has left', async () => {
    await (await start()).close();
    const pipes = async () => (await readdir(join(dataDir, 'postgres'))).filter((name) => /^(users|laid)-/.test(name));
    await writeFile(join(dataDir, 'postgres', `users-${2 ** 22 - 1}`), '');
    const server = await start();
    expect(await pipes()).toEqual([`users-${(await postmaster())?.pid}`]);
    const running = await postmaster();
    await server.close();
    await gone(running?.pid ?? 0);
  });

  test('starts again after it was itself killed, or after a reboot gave its number to another process', async () => {
    const server = await start();
    const running = await postmaster();
    process.kill(running?.pid ?? 0, 'SIGKILL');
    const again = await start();
    expect(await ask(again.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await again.close();
    await server.close();
    const lock = ['1', join(dataDir, 'postgres', 'data'), '0', '1', '', '127.0.0.1', '', 'ready'].join('\n');
    await writeFile(join(dataDir, 'postgres', 'data', 'postmaster.pid'), lock);
    const third = await start();
    await third.close();
  });

  test('reports why it does not start', async () => {
    await mkdir(dataDir);
    await (await start()).close();
    await writeFile(join(dataDir, 'postgres', 'data', 'PG_VERSION'), '9\n');
    await expect(start()).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining("is Postgres 9's"),
    });
    const file = join(folder, 'file');
    await writeFile(file, '');
    await expect(startEmbeddedPostgres({ dataDir: join(file, 'data') })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      hint: expect.stringContaining('DATABASE_URL'),
    });
    await expect(startEmbeddedPostgres({ dataDir: file })).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: `DATA_DIR ${file} is no folder.`,
    });
  });
});

/** Only root can start a server for another user. Other users skip these tests. */
const asRoot = (name: string, work: () => Promise<void>): void => {
  if (isRoot) test(name, work);
};

describe('root, with DATA_DIR below a folder that only root may enter', () => {
  const placeOf = async (dir: string) => (await readFile(join(dir, 'postgres-place'), 'utf8')).trim();
  const startAt = (dir: string) => startEmbeddedPostgres({ dataDir: dir });
  /** Starts the server, makes a table and returns where the data is. */
  const keepOne = async (dir: string): Promise<string> => {
    const server = await startAt(dir);
    await ask(server.url, 'CREATE TABLE kept AS SELECT 1 AS one');
    await server.close();
    return placeOf(dir);
  };
  const isKept = async (dir: string): Promise<boolean> => {
    const server = await startAt(dir);
    const [found] = await ask<{ there: boolean }>(server.url, `SELECT to_regclass('kept') IS NOT NULL AS there`);
    await server.close();
    return found?.there === true;
  };

  beforeEach(() => chmod(folder, 0o700));
  /** The next start removes what this test has left elsewhere. */
  afterEach(async () => {
    if (!isRoot) return;
    await rm(folder, { recursive: true, force: true });
    await clearPlaces();
  });

  asRoot('lives elsewhere, where nobody else may read its data or change its programs', async () => {
    const place = await keepOne(dataDir);
    expect([(await stat(place)).uid, (await stat(place)).mode & 0o777]).toEqual([0, 0o755]);
    const { mode, uid } = await stat(join(place, 'postgres'));
    expect([mode & 0o777, uid === 0]).toEqual([0o700, false]);
    expect(await isKept(dataDir)).toBe(true);
    expect(await placeOf(dataDir)).toBe(place);
    expect(await findPostmaster(join(place, 'postgres', 'data'))).toBeNull();
  });

  asRoot('leaves nothing there when DATA_DIR can not be written in', async () => {
    const places = async () => (await readdir('/var/lib')).filter((name) => name.startsWith('kdesk-contact-sync-'));
    const before = await places();
    /** Folders of other processes that are being made. */
    const ownerless = async () =>
      (await places()).filter((name) => !before.includes(name) && !existsSync(join('/var/lib', name, 'belongs-to')));
    await expect(startAt('/proc/self/fd')).rejects.toMatchObject({
      code: 'DATABASE_UNAVAILABLE',
      message: expect.stringContaining("can't be written in"),
    });
    while ((await ownerless()).length > 0) await wait(20);
  });

  asRoot('leaves nothing there once DATA_DIR is removed and it, or any other, starts', async () => {
    const other = join(folder, 'other');
    const [place, otherPlace] = [await keepOne(dataDir), await keepOne(other)];
    await rm(dataDir, { recursive: true });
    await rm(other, { recursive: true });
    expect(await isKept(dataDir)).toBe(false);
    await expect(stat(place)).rejects.toThrow('ENOENT');
    await expect(stat(otherPlace)).rejects.toThrow('ENOENT');
  });

  asRoot('keeps the data of a DATA_DIR that was moved, or restored from a copy, and of one in use', async () => {
    const [moved, copied, used, other] = ['moved', 'copied', 'used', 'other'].map((name) => join(folder, name));
    if (!moved || !copied || !used || !other) throw new Error('no folders');
    await keepOne(dataDir);
    await rename(dataDir, moved);
    await keepOne(copied);
    await cp(copied, `${copied}-copy`, { recursive: true });
    await rm(copied, { recursive: true });
    await rename(`${copied}-copy`, copied);
    const server = await startAt(used);
    const usedPlace = await placeOf(used);
    await rm(used, { recursive: true });
    await (await startAt(other)).close();
    expect(await isKept(moved)).toBe(true);
    expect(await isKept(copied)).toBe(true);
    expect(await ask(server.url, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    await server.close();
    await (await startAt(other)).close();
    await expect(stat(usedPlace)).rejects.toThrow('ENOENT');
  });

  asRoot('finds its data again where DATA_DIR lies on another file system', async () => {
    const far = await mkdtemp('/dev/shm/embedded-postgres-');
    try {
      const place = await keepOne(join(far, 'data'));
      await rm(join(far, 'data'), { recursive: true });
      expect(await isKept(join(far, 'data'))).toBe(true);
      expect(await placeOf(join(far, 'data'))).toBe(place);
      await rm(place, { recursive: true });
    } finally {
      await rm(far, { recursive: true });
    }
  });

  asRoot(
    'removes nothing that a stranger has made to look like its own, and follows no link of the server',
    async () => {
      const treasure = join(folder, 'treasure');
      await writeFile(treasure, '');
      const strange = await mkdtemp('/tmp/kdesk-contact-sync-');
      await writeFile(join(strange, 'pointer'), strange);
      await chown(strange, 65534, 65534);
      const place = await keepOne(dataDir);
      await symlink(folder, join(place, 'postgres', 'link'));
      await rm(dataDir, { recursive: true });
      await (await startAt(dataDir)).close();
      await expect(stat(place)).rejects.toThrow('ENOENT');
      await stat(treasure);
      await stat(join(strange, 'pointer'));
      await rm(strange, { recursive: true });
    },
  );
});

asRoot('an ordinary one: runs as that one', async () => {
  const nobody = { uid: 65534, gid: 65534 };
  await mkdir(dataDir);
  await chown(dataDir, nobody.uid, nobody.gid);
  const { child, said } = await startElsewhere(dataDir, nobody);
  expect(said).toContain('postgres://');
  expect((await stat(join(dataDir, 'postgres', 'data'))).uid).toBe(nobody.uid);
  const running = await postmaster();
  child.stdin.end();
  const [code] = await once(child, 'exit');
  expect([code, await isRunning(running?.pid ?? 0)]).toEqual([0, false]);
});
