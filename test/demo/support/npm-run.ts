import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const root = join(import.meta.dirname, '../../..');

export type NpmRun = {
  readonly pid: number;
  /** The text of both outputs so far. */
  text(): string;
  /** Resolves when the output contains this text. Rejects with all output if npm ends before. */
  said(part: string): Promise<void>;
  /** The exit code, when npm has ended and no process has its outputs open any more. */
  readonly ended: Promise<number | null>;
  /** Signals the whole process group, as a terminal does, or only npm. */
  signal(signal: NodeJS.Signals, to: 'everybody' | 'npm'): void;
  /** Signals the only process below npm, at any depth, whose command line ends with this text. */
  signalOne(signal: NodeJS.Signals, commandEnd: string): Promise<void>;
  /** Closes the reading end of its standard output, as `| head` does when it has read enough. */
  readNoMore(): void;
  /** Kills all processes that still run. */
  kill(): void;
};

/** Starts `npm run <script>` in a new process group, as a terminal does. */
export function npmRun(script: string, args: readonly string[], env: Record<string, string>): NpmRun {
  const child = spawn('npm', ['run', '--silent', script, '--', ...args], {
    cwd: root,
    env: { ...process.env, ...env },
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const pid = child.pid ?? 0;
  let text = '';
  let heard = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      heard.resolve();
      heard = Promise.withResolvers();
    });
  }
  const ended = once(child, 'close').then(([code]) => code);
  const endedEarly = ended.then(() => Promise.reject(new Error(`It ended early: ${text}`)));
  endedEarly.catch(() => {});
  return {
    pid,
    text: () => text,
    said: async (part) => {
      while (!text.includes(part)) await Promise.race([heard.promise, endedEarly]);
    },
    ended,
    signal: (signal, to) => process.kill(to === 'npm' ? pid : -pid, signal),
    signalOne: async (signal, commandEnd) => void process.kill(await processBelow(pid, commandEnd), signal),
    readNoMore: () => child.stdout.destroy(),
    kill: () => {
      if (isRunning(child)) process.kill(-pid, 'SIGKILL');
    },
  };
}

function isRunning(child: ChildProcess): boolean {
  return child.exitCode === null && child.signalCode === null;
}

/** The processes that name the data folder or the place of its database, and the lock files there. */
export async function leftOvers(dataDir: string): Promise<string[]> {
  // If root runs it and the server's user can't enter the data folder, the database is in another place.
  const place = (await readFile(join(dataDir, 'postgres-place'), 'utf8').catch(() => '')).trim();
  const folders = [dataDir, ...(place === '' ? [] : [place])];
  const files = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true }).catch(() => [])));
  const locks = files.flat().filter((file) => file.endsWith('postmaster.pid'));
  return [...(await processesNaming(folders)), ...locks];
}

/** Waits until nothing is left. */
export async function nothingLeft(dataDir: string): Promise<void> {
  while ((await leftOvers(dataDir)).length > 0) await setTimeout(50);
}

/** Kills the processes that `leftOvers` lists, after a test has failed. */
export async function killLeftOvers(dataDir: string): Promise<void> {
  for (const line of await leftOvers(dataDir)) {
    const pid = Number.parseInt(line, 10);
    if (pid > 0) process.kill(pid, 'SIGKILL');
  }
}

async function processBelow(top: number, commandEnd: string): Promise<number> {
  const parents = new Map<number, number>();
  const ending: number[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number)) {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    parents.set(pid, Number(stat.slice(stat.lastIndexOf(')')).split(' ')[2]));
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (command.replaceAll('\0', ' ').trimEnd().endsWith(commandEnd)) ending.push(pid);
  }
  const isBelow = (pid: number | undefined): boolean => pid === top || (!!pid && isBelow(parents.get(pid)));
  const found = ending.filter(isBelow);
  if (found.length !== 1 || found[0] === undefined)
    throw new Error(`${found.length} processes end with ${commandEnd}.`);
  return found[0];
}

async function processesNaming(folders: readonly string[]): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid) || pid === String(process.pid)) continue;
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    const named = folders.some((folder) => command.includes(folder) || environment.includes(folder));
    if (named) found.push(`${pid} ${command.replaceAll('\0', ' ')}`);
  }
  return found;
}
