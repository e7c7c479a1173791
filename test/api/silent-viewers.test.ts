import { expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { makeApiContext } from '../../src/api/api-context.ts';
import { buildApiSchema } from '../../src/api/build-api-schema.ts';
import type { Frame } from '../../src/api/stream/frame.ts';
import { liveStreams } from '../../src/api/stream/live-streams.ts';
import { Permission } from '../../src/core/access.ts';
import { Held } from '../../src/core/held.ts';
import { growingLog, runId, servicesWith } from '../support/growing-log.ts';

const schema = buildApiSchema();
const MOST_HELD = 512 * 1024;
const VIEWERS = 20;
const LINES = 2000;

function fail(_reference: string | null, cause: unknown) {
  throw cause;
}

/** Opens streams of one log, and counts the lines of each frame that is made. */
function crowd(mostHeld: number) {
  const log = growingLog(1000);
  const held = new Held(mostHeld);
  const streams = liveStreams(fail, held);
  const { services } = servicesWith(log);
  const viewer = {
    id: 'person-1',
    name: null,
    workspaceId: 'workspace',
    permissions: Object.values(Permission),
    tokenId: 'token-1',
    expiresAt: new Date(),
  };
  const watch = async (alias: string): Promise<AsyncIterableIterator<Frame>> => {
    const query = `subscription { ${alias}: runLog(runId: "${runId}") { lastSeq lines { seq message } } }`;
    const contextValue = makeApiContext(services, viewer, new AbortController().signal);
    const stream = await streams.subscribe({ schema, document: parse(query), variableValues: {}, contextValue });
    if (stream.kind === 'refused') throw new Error(String(stream.frame.json));
    return stream.frames;
  };
  return { log, held, watch };
}

/** Waits through turns of the event loop until nothing more happens. */
async function standstill(state: () => unknown): Promise<void> {
  for (let still = 0, before = state(); still < 200; still++) {
    await new Promise((resolve) => setImmediate(resolve));
    if (state() !== before) still = 0;
    before = state();
  }
}

async function seqsOf(frames: AsyncIterableIterator<Frame>, alias: string): Promise<number[]> {
  const seqs: number[] = [];
  for await (const frame of frames) {
    for (const { seq } of JSON.parse(String(frame.json)).data[alias].lines) seqs.push(seq);
  }
  return seqs;
}

const all = Array.from({ length: LINES }, (_, index) => index + 1);

test('different streams that are never read hold no more memory than is allowed, and block nobody', async () => {
  const { log, held, watch } = crowd(MOST_HELD);
  const silent = await Promise.all(Array.from({ length: VIEWERS }, (_, index) => watch(`log${index}`)));
  log.grow(100);
  const first = await Promise.all(silent.map((frames) => frames.next()));
  let most = 0;
  for (let lines = 100; lines < LINES; lines += 100) {
    log.grow(100);
    await standstill(() => held.total);
    most = Math.max(most, held.total);
  }
  // A frame that is being sent still counts, and frames have a minimum size.
  expect(most).toBeLessThan(MOST_HELD + VIEWERS * 16 * 1024);
  expect(log.waiting).toBe(0);
  // No frame is made while the viewers don't read.
  const { reads } = log;
  log.grow(0);
  await standstill(() => held.total);
  expect(log.reads).toBe(reads);
  log.end();
  const seqs = await Promise.all(silent.map((frames, index) => seqsOf(frames, `log${index}`)));
  for (const [index, rest] of seqs.entries()) {
    const begun = JSON.parse(String(first[index]?.value.json)).data[`log${index}`].lines;
    expect([...begun.map(({ seq }: { seq: number }) => seq), ...rest]).toEqual(all);
  }
  expect(held.total).toBe(0);
});

test('any number of unread streams of one log hold the waiting frames only once', async () => {
  const { log, held, watch } = crowd(64 * MOST_HELD);
  const silent = await Promise.all(Array.from({ length: VIEWERS }, () => watch('log')));
  log.grow(20);
  await Promise.all(silent.map((frames) => frames.next()));
  const one = held.total;
  expect(one).toBeLessThan(40 * 1024);
  log.grow(20);
  await standstill(() => held.total);
  expect(held.total).toBeLessThan(3 * one);
  await Promise.all(silent.map((frames) => frames.return?.()));
  expect(held.total).toBe(0);
  expect(log.open).toBe(0);
});
