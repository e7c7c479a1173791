import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { afterEach, describe, expect, test } from '@jest/globals';
import { AppError } from '../../src/core/app-error.ts';
import type { StoredFile, StoredFiles } from '../../src/core/stored-files.ts';
import { borrowFiles, lendFiles } from '../../src/sync/lend-files.ts';

const found: StoredFile = { id: 'a', name: 'people.csv', bytes: 3, uploadedAt: new Date(0) };

/** Files with this many pieces. They count the pieces that were read, and note whether the reader has closed them. */
function numbered(pieces: number) {
  const state = { read: 0, released: 0 };
  const files: StoredFiles = {
    find: async () => found,
    read: async function* (fileId) {
      try {
        if (fileId === 'missing') throw new AppError('NO_FILE', 'There is no such file.', { hint: 'Upload it.' });
        for (let i = 0; i < pieces; i++) {
          state.read++;
          yield Buffer.from(`${fileId}${i} `);
        }
        if (fileId === 'torn') throw new Error('disk full of secrets');
      } finally {
        state.released++;
      }
    },
  };
  return { files, state };
}

const textOf = async (pieces: AsyncIterable<Uint8Array>): Promise<string> => {
  let text = '';
  for await (const piece of pieces) text += Buffer.from(piece).toString();
  return text;
};

describe('a file lent to a thread', () => {
  const opened: { close(): void }[] = [];
  const faults: unknown[] = [];
  const lend = (files: StoredFiles): ReturnType<typeof lendFiles> => {
    const lent = lendFiles(files, (error) => faults.push(error));
    opened.push(lent);
    return lent;
  };
  afterEach(() => {
    for (const lent of opened.splice(0)) lent.close();
  });

  test('comes piece by piece, several side by side', async () => {
    const { files, state } = numbered(3);
    const borrowed = borrowFiles(lend(files).port);
    expect(
      await Promise.all([textOf(borrowed.read('a')), textOf(borrowed.read('b')), textOf(borrowed.read('a'))]),
    ).toEqual(['a0 a1 a2 ', 'b0 b1 b2 ', 'a0 a1 a2 ']);
    expect(state.released).toBe(3);
  });

  test('is found', async () => {
    expect(await borrowFiles(lend(numbered(1).files).port).find()).toEqual(found);
    expect(await borrowFiles(null).find()).toBeNull();
  });

  test('that is missing or breaks off reports that, without details of internal errors', async () => {
    const borrowed = borrowFiles(lend(numbered(1).files).port);
    await expect(textOf(borrowed.read('missing'))).rejects.toMatchObject({ code: 'NO_FILE', hint: 'Upload it.' });
    const torn = textOf(borrowed.read('torn'));
    await expect(torn).rejects.toMatchObject({ code: 'INTERNAL', message: 'A stored file could not be read.' });
    expect(faults).toEqual([new Error('disk full of secrets')]);
  });

  test('is read only one piece ahead, and is closed when the reader has enough', async () => {
    const { files, state } = numbered(1000);
    const pieces = borrowFiles(lend(files).port).read('a')[Symbol.asyncIterator]();
    await pieces.next();
    await pieces.next();
    await pieces.return?.();
    while (state.released === 0) await new Promise(setImmediate);
    expect(state.read).toBeLessThanOrEqual(3);
  });

  test('ends for the reader when it is no longer lent', async () => {
    const lent = lend(numbered(1000).files);
    const pieces = borrowFiles(lent.port).read('a')[Symbol.asyncIterator]();
    await pieces.next();
    lent.close();
    const rest = async () => {
      while (!(await pieces.next()).done);
    };
    await expect(rest()).rejects.toMatchObject({ code: 'INTERNAL' });
  });

  test('is closed when the thread dies', async () => {
    const { files, state } = numbered(1000);
    const { port } = lend(files);
    const script = `
      const { workerData } = require('node:worker_threads');
      workerData.postMessage({ kind: 'open', reading: 0, fileId: 'a' });
      workerData.once('message', () => process.exit());`;
    const thread = new Worker(script, { eval: true, workerData: port, transferList: [port] });
    await once(thread, 'exit');
    while (state.released === 0) await new Promise(setImmediate);
    expect(state.read).toBeLessThanOrEqual(2);
  });

  test('is missing if nobody lends files', async () => {
    await expect(textOf(borrowFiles(null).read('a'))).rejects.toBeInstanceOf(AppError);
  });
});
