import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** The folder of unpacked packages. If it is deleted, the next test run takes some seconds longer. */
export const packageCache = join(import.meta.dirname, '../../.cache');

const policy = '/usr/sbin/policy-rc.d';

/** Installs Debian packages as root. Their services are not started, neither now nor at the next boot. */
export async function installPackages(names: string[], services: string[] = []): Promise<void> {
  await alone(async () => {
    const own = !existsSync(policy);
    if (own) await writeFile(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    try {
      await aptGet(['install', '-y', '--no-install-recommends', '-o', 'DPkg::Lock::Timeout=300', ...names]);
      // Without systemd there is nothing to turn off.
      if (services.length > 0) await run('systemctl', ['disable', ...services]).catch(() => {});
    } finally {
      if (own) await rm(policy, { force: true });
    }
  });
}

/**
 * Unpacks Debian packages into a folder, for any user, without installing them. Dependencies that the machine lacks are
 * unpacked too if `needed` accepts their names. Does nothing when the folder exists.
 */
export async function unpackPackages(
  folder: string,
  names: string[],
  needed: (name: string) => boolean = () => true,
): Promise<void> {
  if (existsSync(folder)) return;
  await mkdir(dirname(folder), { recursive: true });
  await alone(async () => {
    if (existsSync(folder)) return;
    const draft = await mkdtemp(`${folder}-`);
    const packages = await mkdtemp(`${folder}-`);
    try {
      const plan = await aptGet(['install', '-s', '--no-install-recommends', ...names]);
      const missing = [...plan.matchAll(/^Inst (\S+)/gm)].map((match) => match[1] ?? '').filter(needed);
      await aptGet(['download', ...new Set([...names, ...missing])], packages);
      for (const file of await readdir(packages)) await run('dpkg', ['-x', join(packages, file), draft]);
      await rename(draft, folder);
    } finally {
      for (const rest of [draft, packages]) await rm(rest, { recursive: true, force: true });
    }
  });
}

/** The folders below a root that contain the libraries of Debian packages. */
export async function libraryFolders(root: string): Promise<string[]> {
  const folders: string[] = [];
  for (const parent of [join(root, 'usr/lib'), join(root, 'lib')]) {
    const names = existsSync(parent) ? await readdir(parent) : [];
    for (const name of names) if (name.endsWith('-linux-gnu')) folders.push(join(parent, name));
  }
  return folders;
}

/** Runs apt-get. If that fails, it updates the list of packages, which may be old or missing, and tries again. */
async function aptGet(command: string[], cwd = '/'): Promise<string> {
  const options = { cwd, env: { ...process.env, LC_ALL: 'C', DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } };
  try {
    return (await run('apt-get', command, options)).stdout;
  } catch (error) {
    if (process.getuid?.() !== 0) throw error;
    await run('apt-get', ['update'], options);
    return (await run('apt-get', command, options)).stdout;
  }
}

/**
 * Does the work under a lock that all processes of a test run share. apt-get does not wait for all of its own locks.
 */
async function alone(work: () => Promise<void>): Promise<void> {
  if (!existsSync('/usr/bin/apt-get'))
    throw new Error("A directory server is missing. It comes from Debian's packages, and this machine has no apt-get.");
  await mkdir(packageCache, { recursive: true });
  const lock = join(packageCache, 'packages.lock');
  // `flock` holds the lock while the input of `cat` is open. If the test run is killed, the input closes, and the lock
  // is free.
  const holder = execFile('flock', [lock, 'sh', '-c', 'echo held; cat >/dev/null']);
  try {
    await new Promise<void>((resolve, reject) => {
      holder.stdout?.once('data', () => resolve());
      holder.once('error', reject);
      holder.once('exit', () => reject(new Error('flock ended before it had the lock.')));
    });
    await work();
  } finally {
    holder.stdin?.end();
  }
}
