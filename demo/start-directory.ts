import { once } from 'node:events';
import { join } from 'node:path';
import { startChild } from './child-process.ts';

export type Directory = { url: string; people: number };

const program = join(import.meta.dirname, 'sample-directory/main.ts');

/** Starts the sample directory as a separate process, on this port if it is free. */
export async function startDirectory(port: number): Promise<Directory> {
  const child = startChild([program, String(port)]);
  const ready = once(child.process, 'message').then(([message]) => message);
  const ended = child.ended.then((code) =>
    Promise.reject(new Error(`The sample directory ended at its start (${code}).`)),
  );
  ended.catch(() => {});
  return Promise.race([ready, ended]);
}
