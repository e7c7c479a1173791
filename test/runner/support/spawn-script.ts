import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export type Script = {
  child: ChildProcess;
  /** Resolves when it has printed this on a line of its standard output. */
  said(text: string): Promise<void>;
  /** How often it has printed this. */
  times(text: string): number;
  /** Kills it. Resolves when it has ended. */
  kill(): Promise<void>;
};

/** Runs a script of this folder in a separate process. */
export function spawnScript(name: string, args: readonly string[]): Script {
  const child = spawn(process.execPath, [join(import.meta.dirname, name), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const said: string[] = [];
  const waiting = new Map<string, () => void>();
  createInterface({ input: child.stdout }).on('line', (text) => {
    said.push(text);
    waiting.get(text)?.();
  });
  return {
    child,
    said: (text) => new Promise<void>((resolve) => (said.includes(text) ? resolve() : waiting.set(text, resolve))),
    times: (text) => said.filter((one) => one === text).length,
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
