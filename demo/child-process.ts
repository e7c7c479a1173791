import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

export type Child = {
  readonly process: ChildProcess;
  /** Resolves with the exit code, or the signal that ended it. */
  readonly ended: Promise<number | NodeJS.Signals>;
};

const running = new Set<Child>();
/** The wait in milliseconds, after which a process that does not end on request is killed. */
const patienceMs = 20_000;

/**
 * Starts a program on this Node. The caller must read its standard output. Its errors go to our standard error. Its IPC
 * messages arrive as `message` events.
 */
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

/** Ends all processes that were started here and still run, one after another, the newest first. */
export async function stopChildren(): Promise<void> {
  for (const child of [...running].reverse()) await stopChild(child);
}
