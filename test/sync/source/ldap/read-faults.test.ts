import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { Entry } from '../../../../src/core/entry.ts';
import { type Fault, type FaultProxy, startFaultProxy } from '../../../support/fault-proxy.ts';
import { people } from '../../../support/ldap-people.ts';
import { ldapSettings, type Reading, type ReadingOptions, readEverybody } from '../../../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../../../support/slapd.ts';

let slapd: Slapd;
let proxy: FaultProxy;

beforeAll(async () => {
  slapd = await startSlapd({ entries: people(300) });
});
afterAll(() => slapd.close());
afterEach(() => proxy.close());

async function read(fault: Fault, options: ReadingOptions = {}, timeoutSeconds = 10): Promise<Reading> {
  proxy = await startFaultProxy(slapd.port, fault);
  return await readEverybody(ldapSettings(slapd, { urls: [proxy.url], timeoutSeconds }), {
    password: slapd.bindPassword,
    ...options,
  });
}

test('a server that stops answering in the middle is TIMEOUT', async () => {
  await expect(read({ kind: 'silence', afterBytes: 15_000 }, {}, 1)).rejects.toMatchObject({
    code: 'TIMEOUT',
    hint: expect.any(String),
  });
});

describe('a server that closes the connection is CONNECTION_LOST, and there is no second connection', () => {
  test.each([300, 5_000, 15_000, 25_000])('after %i bytes', async (afterBytes) => {
    await expect(read({ kind: 'cut', afterBytes })).rejects.toMatchObject({
      code: 'CONNECTION_LOST',
      hint: expect.any(String),
    });
    expect(proxy.connections).toBe(1);
  });
});

test('flipped bits are INVALID_RESPONSE', async () => {
  await expect(read({ kind: 'garble', afterBytes: 15_000 })).rejects.toMatchObject({
    code: 'INVALID_RESPONSE',
    hint: expect.any(String),
  });
});

test.each<Fault>([
  { kind: 'chop', bytes: 1 },
  { kind: 'chop', bytes: 7 },
  { kind: 'delay', ms: 1 },
])('a slow network (%j) changes nothing', async (fault) => {
  const { entries, summary } = await read(fault);
  expect(new Set(entries.map(({ id }) => id)).size).toBe(300);
  expect(summary.complete).toBe(true);
});

test('a read that waits for a dead server ends when it is aborted', async () => {
  const abort = new AbortController();
  proxy = await startFaultProxy(slapd.port, { kind: 'silence', afterBytes: 15_000 });
  const settings = ldapSettings(slapd, { urls: [proxy.url], timeoutSeconds: 3600 });
  const reading = readEverybody(settings, { password: slapd.bindPassword, signal: abort.signal });
  reading.catch(() => {});
  await proxy.struck;
  abort.abort(new Error('enough'));
  await expect(reading).rejects.toThrow('enough');
});

test('a read that is aborted between pages delivers no more', async () => {
  const abort = new AbortController();
  const pages: (readonly Entry[])[] = [];
  const onPage = (page: readonly Entry[]): void => {
    pages.push(page);
    abort.abort(new Error('enough'));
  };
  await expect(read({ kind: 'none' }, { signal: abort.signal, onPage })).rejects.toThrow('enough');
  expect(pages).toHaveLength(1);
});
