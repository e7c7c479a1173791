import { expect, test } from '@jest/globals';
import { createPacedReader } from '../../../src/runner/follow-run/paced-reader.ts';

const hour = 3_600_000;

test('an urgent read does not wait for the pause between two reads, and waiting calls share it', async () => {
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

test('an urgent read during another read comes right after it', async () => {
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
