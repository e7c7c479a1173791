import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';

const root = join(import.meta.dirname, '../../..');

export type NpmRun = {
  readonly pid: number;
  /** All that was said so far, on both outputs. */
  text(): string;
  /** Resolves when this has been said; rejects with all that was said when it ends before. */
  said(part: string): Promise<void>;
  /** The exit code, when npm has ended and nobody holds its outputs any more. */
  readonly ended: Promise<number | null>;
  /** To the whole process group, as a terminal sends it, or to npm alone. */
  signal(signal: NodeJS.Signals, to: 'everybody' | 'npm'): void;
  /** To the one process below npm, at any depth, whose command line ends with this. */
  signalOne(signal: NodeJS.Signals, commandEnd: string): Promise<void>;
  /** Closes the pipe that its standard output goes to, as `| head` does when it has seen enough. */
  readNoMore(): void;
  /** Whatever still runs is killed. */
  kill(): void;
};

/** `npm run <script>` in a process group of its own, as a terminal would start it. */
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

/** Processes that name the data folder, or the place where its database lies, and lock files there. */
export async function leftOvers(dataDir: string): Promise<string[]> {
  // As root, below a folder that the server's user can't enter, the database lies elsewhere.
  const place = (await readFile(join(dataDir, 'postgres-place'), 'utf8').catch(() => '')).trim();
  const folders = [dataDir, ...(place === '' ? [] : [place])];
  const files = await Promise.all(folders.map((folder) => readdir(folder, { recursive: true }).catch(() => [])));
  const locks = files.flat().filter((file) => file.endsWith('postmaster.pid'));
  return [...(await processesNaming(folders)), ...locks];
}

/** Waits until there are none. */
export async function nothingLeft(dataDir: string): Promise<void> {
  while ((await leftOvers(dataDir)).length > 0) await setTimeout(50);
}

/** For a test that has failed: kills what `leftOvers` tells of. */
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
