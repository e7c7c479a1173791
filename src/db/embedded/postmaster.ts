import { execFile } from 'node:child_process';
import { readFile, readlink, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { embeddedFailure } from './embedded-failure.ts';

/** The main process of a server, which we or another process started. */
export type Postmaster = { pid: number; port: number };

const POLL_MS = 20;
/** A shutdown first writes everything from memory to disk. */
const STOP_SECONDS = 120;

/**
 * The server that works on this data folder. Another process may have started it, even one that has crashed since. Null: none
 * does. Removes a lock file that names no such server (e.g. after a reboot, when the process id belongs to another program):
 * it would keep the server from starting.
 */
export async function findPostmaster(data: string): Promise<Postmaster | null> {
  const file = join(data, 'postmaster.pid');
  const text = await readFile(file, 'utf8').catch(() => null);
  if (text === null) return null;
  const [pid = '', , , port = ''] = text.split('\n');
  if (await isServerOf(Number(pid), data)) return { pid: Number(pid), port: Number(port) };
  if ((await readFile(file, 'utf8').catch(() => null)) === text) await rm(file, { force: true });
  return null;
}

/** Ends the server and its sessions, and waits until it is gone. */
export async function stopPostmaster({ pid }: Postmaster): Promise<void> {
  try {
    process.kill(pid, 'SIGINT');
  } catch {
    return;
  }
  for (let waited = 0; await isRunning(pid); waited += POLL_MS) {
    if (waited > STOP_SECONDS * 1000) throw embeddedFailure(`The embedded Postgres (process ${pid}) does not end.`);
    await wait(POLL_MS);
  }
}

/** False also for a zombie: nobody may ever reap it. */
export async function isRunning(pid: number): Promise<boolean> {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null);
  return stat === null || !/\) Z /.test(stat);
}

async function isServerOf(pid: number, data: string): Promise<boolean> {
  if (!Number.isInteger(pid) || pid <= 0 || !(await isRunning(pid))) return false;
  if (process.platform === 'linux') {
    const [folder, here] = await Promise.all([readlink(`/proc/${pid}/cwd`).catch(() => ''), realpath(data)]);
    return folder === here;
  }
  const { stdout } = await promisify(execFile)('ps', ['-o', 'command=', '-p', String(pid)]).catch(() => ({
    stdout: '',
  }));
  return stdout.includes('postgres') && stdout.includes(data);
}
