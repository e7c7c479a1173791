import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export type Child = {
  readonly process: ChildProcess;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
};

const running = new Set<Child>();
/** A process that doesn't end when told to is killed after this long. */
const patienceMs = 20_000;

/** Starts a program on this Node: its standard output is to be read, errors pass through, `message` brings what it sends. */
export function startChild(args: readonly string[], env: NodeJS.ProcessEnv = process.env): Child {
  const child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  const ended = once(child, 'exit').then(([code, signal]) => code ?? signal);
  const started = { process: child, ended };
  running.add(started);
  return started;
}

/** Tells a process to end and waits until it has. */
export async function stopChild(child: Child): Promise<void> {
  running.delete(child);
  child.process.kill('SIGTERM');
  const killer = setTimeout(() => child.process.kill('SIGKILL'), patienceMs);
  await child.ended;
  clearTimeout(killer);
}

/** Ends whatever still runs of what has been started here, the newest first, one after another. */
export async function stopChildren(): Promise<void> {
  for (const child of [...running].reverse()) await stopChild(child);
}
