import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** A line of the service's log. */
export type ToldFault = { level: 'warn' | 'error'; code: string | null; message: string; said: string };

/** A worker that also watches, in a separate process. */
export type ServiceApart = {
  /** The lines of its log so far. */
  readonly faults: readonly ToldFault[];
  freeze(): void;
  wake(): void;
  /** Kills it. */
  kill(): Promise<void>;
};

/** Starts service-process.ts on a database. It ends with this process. */
export function startServiceApart(databaseUrl: string): ServiceApart {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'service-process.ts'), databaseUrl], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const faults: ToldFault[] = [];
  createInterface({ input: child.stdout }).on('line', (text) => faults.push(JSON.parse(text)));
  return {
    faults,
    freeze: () => child.kill('SIGSTOP'),
    wake: () => child.kill('SIGCONT'),
    kill: async () => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
    },
  };
}
