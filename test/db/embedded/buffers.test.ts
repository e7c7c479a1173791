import { expect, test } from '@jest/globals';
import { buffersFor } from '../../../src/db/embedded/launch-postmaster.ts';

const gigabyte = 2 ** 30;

test.each([
  ['tiny', gigabyte / 4, '128MB', '16MB'],
  ['small', 2 * gigabyte, '256MB', '32MB'],
  ['usual', 4 * gigabyte, '512MB', '64MB'],
  ['large', 64 * gigabyte, '512MB', '64MB'],
])('the server of a %s machine gets buffers that fit it', (_, memory, pages, log) => {
  expect(buffersFor(memory)).toEqual({ shared_buffers: pages, wal_buffers: log });
});
