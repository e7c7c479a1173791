import { once } from 'node:events';
import { join } from 'node:path';
import { startChild, stopChild } from '../demo/child-process.ts';

/** What the rows that read need to know. */
export type ReadInput = {
  url: string;
  port: number;
  bindDn: string;
  bindPassword: string;
  peopleDn: string;
  attributes: string[];
};

export type RowAnswer = { ms: number; people: number; bytes?: number };

/** For a row's process: the input that it was started with. */
export function input(): ReadInput {
  return JSON.parse(process.argv[2] ?? '{}');
}

/** For a row's process: sends the result. */
export function answer(result: RowAnswer): void {
  process.send?.(result);
}

/** Runs bench/rows/<name>.ts in a separate process. The row measures its time itself, without the start of Node. */
export async function runRow(name: string, given: ReadInput): Promise<RowAnswer> {
  const child = startChild([join(import.meta.dirname, 'rows', `${name}.ts`), JSON.stringify(given)]);
  const failed = child.ended.then((code) => Promise.reject(new Error(`bench/rows/${name}.ts ended with ${code}`)));
  failed.catch(() => {});
  try {
    const [result] = await Promise.race([once(child.process, 'message'), failed]);
    return result;
  } finally {
    await stopChild(child);
  }
}
