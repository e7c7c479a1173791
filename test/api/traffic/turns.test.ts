import { afterEach, expect, test } from '@jest/globals';
import { trafficLimits } from '../../../src/api/traffic/traffic-limits.ts';
import { type TurnLimits, Turns } from '../../../src/api/traffic/turns.ts';

const limits = {
  ...trafficLimits,
  operations: 3,
  operationsPerWorkspace: 2,
  operationsPerToken: 1,
  waitingPerToken: 3,
  waitingPerWorkspace: 5,
  waiting: 8,
};

let leaving = new AbortController();
afterEach(() => {
  leaving.abort();
  leaving = new AbortController();
});

/** Takes turns and records the order in which they were given. */
function desk(options: Partial<TurnLimits> = {}) {
  const turns = new Turns({ ...limits, ...options });
  const given: string[] = [];
  const ends = new Map<string, () => void>();
  const ask = async (name: string, settings: Parameters<Turns['take']>[1] = {}) => {
    const [workspaceId = '', tokenId = ''] = name.split('.');
    ends.set(name, await turns.take({ workspaceId, tokenId }, settings));
    given.push(name);
  };
  /** Asks for a turn without waiting for it. Askers without a turn leave the queue when the test ends. */
  const queue = (name: string, settings: Parameters<Turns['take']>[1] = {}): void => {
    ask(name, { signal: leaving.signal, ...settings }).catch(() => {});
  };
  const end = async (name: string) => {
    ends.get(name)?.();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { ask, queue, end, given };
}

const refusal = { code: 'RATE_LIMITED', details: { retryAfterSeconds: limits.retryAfterSeconds } };

test('a token and a workspace have a limited number of turns at a time, which leaves turns for others', async () => {
  const { ask, queue, given } = desk();
  queue('A.1.first');
  queue('A.1.second');
  queue('A.2.first');
  queue('A.3.first');
  await ask('B.1.first');
  expect(given).toEqual(['A.1.first', 'A.2.first', 'B.1.first']);
});

test('workspaces are served one after another, and within each of them its tokens', async () => {
  const { ask, queue, end, given } = desk({ operations: 1, operationsPerWorkspace: 1 });
  await ask('X.1.a');
  for (const name of ['A.1.a', 'A.1.b', 'A.2.a', 'B.1.a', 'B.1.b']) queue(name);
  for (const name of ['X.1.a', 'A.1.a', 'B.1.a', 'A.2.a', 'B.1.b']) await end(name);
  expect(given).toEqual(['X.1.a', 'A.1.a', 'B.1.a', 'A.2.a', 'B.1.b', 'A.1.b']);
});

test('a request that finds the queue full is refused, with the time to try again', async () => {
  const { ask, queue, end, given } = desk();
  await ask('A.1.a');
  for (const name of ['A.1.b', 'A.1.c', 'A.1.d']) queue(name);
  await expect(ask('A.1.e')).rejects.toMatchObject(refusal);
  await ask('A.2.a');
  for (const name of ['A.2.b', 'A.2.c']) queue(name);
  await expect(ask('A.3.a')).rejects.toMatchObject(refusal);
  queue('A.1.patient', { patient: true });
  await ask('B.1.a');
  for (const name of ['A.1.a', 'A.1.b', 'A.1.c', 'A.1.d']) await end(name);
  expect(given).toContain('A.1.patient');
});

test('a request that waits too long is refused, and a client that leaves is removed from the queue', async () => {
  const { ask, end, given } = desk({ longestWaitSeconds: 0.01 });
  await ask('A.1.a');
  await expect(ask('A.1.b')).rejects.toMatchObject(refusal);
  const left = new AbortController();
  const leaving = ask('A.1.c', { signal: left.signal, patient: true });
  left.abort(new Error('left'));
  await expect(leaving).rejects.toThrow('left');
  await expect(ask('A.1.d', { signal: left.signal })).rejects.toThrow('left');
  await end('A.1.a');
  await ask('A.1.e');
  expect(given).toEqual(['A.1.a', 'A.1.e']);
});
