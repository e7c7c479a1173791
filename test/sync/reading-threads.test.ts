import { once } from 'node:events';
import { Worker } from 'node:worker_threads';
import { expect, test } from '@jest/globals';
import { threadFailure } from '../../src/sync/reading-threads.ts';

test('the error of a thread that runs out of memory says that the source sent too much', async () => {
  const greedy = new Worker('const all = []; for (;;) all.push({ more: [] });', {
    eval: true,
    resourceLimits: { maxOldGenerationSizeMb: 16 },
  });
  const [error] = await once(greedy, 'error');
  expect(threadFailure(error)).toMatchObject({ code: 'INVALID_RESPONSE', hint: expect.any(String) });
});

test('any other failure of a thread keeps its error', async () => {
  const faulty = new Worker('throw new TypeError("a fault of ours")', { eval: true });
  const [error] = await once(faulty, 'error');
  expect(threadFailure(error)).toBe(error);
});
