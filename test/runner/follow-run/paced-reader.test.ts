import { expect, test } from '@jest/globals';
import { createPacedReader } from '../../../src/runner/follow-run/paced-reader.ts';

const hour = 3_600_000;

test('what is asked for at once does not wait for the pause between two reads, and shares the read that does', async () => {
  let reads = 0;
  const reader = createPacedReader(hour, async () => {
    reads++;
  });
  await reader.read();
  const soon = reader.read();
  await reader.readAtOnce();
  await soon;
  expect(reads).toBe(2);
  reader.close();
});

test('what is asked for at once while a read is under way is read after it', async () => {
  const underWay = Promise.withResolvers<void>();
  let reads = 0;
  const reader = createPacedReader(hour, () => {
    reads++;
    return reads === 1 ? underWay.promise : Promise.resolve();
  });
  const first = reader.read();
  await Promise.resolve();
  const second = reader.readAtOnce();
  expect(reads).toBe(1);
  underWay.resolve();
  await first;
  await second;
  expect(reads).toBe(2);
  reader.close();
});
