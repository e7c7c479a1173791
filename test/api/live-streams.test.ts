import { describe, expect, test } from '@jest/globals';
import { parse } from 'graphql';
import { makeApiContext } from '../../src/api/api-context.ts';
import { buildApiSchema } from '../../src/api/build-api-schema.ts';
import type { SubscriptionArgs } from '../../src/api/stream/event-source.ts';
import type { Frame } from '../../src/api/stream/frame.ts';
import { liveStreams } from '../../src/api/stream/live-streams.ts';
import { Permission } from '../../src/core/access.ts';
import type { RunRecord } from '../../src/core/records.ts';
import { noCounts } from '../../src/core/run.ts';
import type { LogBatch } from '../../src/core/runner-port.ts';
import { growingLog, runId, runRecord, servicesWith } from '../support/growing-log.ts';

const schema = buildApiSchema();
const logDocument = `subscription ($after: Int) {
  runLog(runId: "${runId}", after: $after) { runStatus lastSeq lines { seq message } }
}`;
const progressDocument = `subscription { runProgress(runId: "${runId}") { id counts { read } } }`;

function argsOf(
  services: ReturnType<typeof servicesWith>['services'],
  query: string,
  variableValues: Record<string, unknown> = {},
  permissions = Object.values(Permission),
  signal = new AbortController().signal,
): SubscriptionArgs {
  return {
    schema,
    document: parse(query),
    variableValues,
    contextValue: makeApiContext(
      services,
      { id: 'person-1', name: null, workspaceId: 'workspace', permissions, tokenId: 'token-1', expiresAt: new Date() },
      signal,
    ),
  };
}

async function open(streams: ReturnType<typeof liveStreams>, args: SubscriptionArgs) {
  const stream = await streams.subscribe(args);
  if (stream.kind === 'refused') throw new Error(String(stream.frame.json));
  return stream.frames;
}

function batchOf(frame: Frame): LogBatch {
  return JSON.parse(String(frame.json)).data.runLog;
}

function noFaults(_reference: string | null, cause: unknown) {
  throw cause;
}

/** Takes frames until the line with this number arrives. */
async function takeUpTo(frames: AsyncIterableIterator<Frame>, seq: number): Promise<number[]> {
  const seqs: number[] = [];
  for (let last = 0; last < seq; ) {
    const { value, done } = await frames.next();
    if (done) break;
    const batch = batchOf(value);
    seqs.push(...batch.lines.map((one) => one.seq));
    last = batch.lastSeq;
  }
  return seqs;
}

async function takeAll(frames: AsyncIterableIterator<Frame>): Promise<Frame[]> {
  const all: Frame[] = [];
  for await (const frame of frames) all.push(frame);
  return all;
}

function upTo(last: number, first = 1): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

describe('viewers of one log', () => {
  test('at the same position share one stream and one serialization', async () => {
    const log = growingLog();
    const streams = liveStreams(noFaults);
    const { services } = servicesWith(log);
    const viewers = await Promise.all(upTo(50).map(() => open(streams, argsOf(services, logDocument))));
    log.grow(30);
    const frames = await Promise.all(viewers.map(async (viewer) => (await viewer.next()).value));
    expect(new Set(frames).size).toBe(1);
    expect(log.streams).toBe(1);
    await Promise.all(viewers.map((viewer) => viewer.return?.()));
    expect(log.open).toBe(0);
  });

  test('each get every line once, in order, whenever they join, and all end with the run', async () => {
    const log = growingLog();
    const streams = liveStreams(noFaults);
    const { services } = servicesWith(log);
    log.grow(3000);
    const taken: Promise<number[]>[] = [];
    const join = async (after: number) => {
      const viewer = await open(streams, argsOf(services, logDocument, { after }));
      taken.push(
        takeAll(viewer).then((frames) => frames.flatMap((frame) => batchOf(frame).lines.map((one) => one.seq))),
      );
    };
    const starts = [0, 2990, 0, 1500, 2999, 3050, 3300, 17];
    for (const after of starts) {
      await join(after);
      log.grow(37);
      await new Promise((resolve) => setImmediate(resolve));
    }
    log.end();
    const total = 3000 + 37 * starts.length;
    const all = await Promise.all(taken);
    for (const [index, after] of starts.entries()) expect(all[index]).toEqual(upTo(total, after + 1));
    expect(log.open).toBe(0);
  });

  test('who have caught up share each serialization with the earlier viewers', async () => {
    const log = growingLog();
    const streams = liveStreams(noFaults);
    const { services } = servicesWith(log);
    log.grow(5000);
    const first = await open(streams, argsOf(services, logDocument, { after: 4990 }));
    await takeUpTo(first, 5000);
    const late = await open(streams, argsOf(services, logDocument, { after: 0 }));
    expect(await takeUpTo(late, 5000)).toEqual(upTo(5000));
    log.grow(10);
    const frames = [(await first.next()).value, (await late.next()).value];
    expect(frames.map((frame) => batchOf(frame).lines.map((one) => one.seq))).toEqual([
      upTo(5010, 5001),
      upTo(5010, 5001),
    ]);
    expect(frames[0]).toBe(frames[1]);
    expect(log.streams).toBe(1);
    log.end();
    await Promise.all([takeAll(first), takeAll(late)]);
  });

  test('who are slow continue from their own line, and get every line once', async () => {
    const log = growingLog(1000);
    const streams = liveStreams(noFaults);
    const { services } = servicesWith(log);
    const fast = await open(streams, argsOf(services, logDocument));
    const slow = await open(streams, argsOf(services, logDocument));
    log.grow(100);
    const slowFirst = await takeUpTo(slow, 100);
    await takeUpTo(fast, 100);
    log.grow(5000);
    await takeUpTo(fast, 5100);
    expect([...slowFirst, ...(await takeUpTo(slow, 5100))]).toEqual(upTo(5100));
    expect(log.streams).toBe(1);
    log.grow(5);
    log.end();
    const rest = await Promise.all([takeAll(fast), takeAll(slow)]);
    for (const frames of rest) {
      expect(frames.flatMap((frame) => batchOf(frame).lines.map((one) => one.seq))).toEqual(upTo(5105, 5101));
    }
    expect(log.open).toBe(0);
  });

  test('at different positions of a stored log get frames that were made for others', async () => {
    const log = growingLog();
    const streams = liveStreams(noFaults);
    const { services } = servicesWith(log);
    log.grow(2000);
    const first = await open(streams, argsOf(services, logDocument));
    const second = await open(streams, argsOf(services, logDocument));
    const frames: Frame[] = [];
    while (frames.length < 20) frames.push((await first.next()).value);
    const { reads } = log;
    for (const frame of frames) expect((await second.next()).value).toBe(frame);
    expect(log.reads).toBe(reads);
    await Promise.all([first.return?.(), second.return?.()]);
  });

  test('all end when the streams are closed; closing waits for reads under way and starts no more', async () => {
    const log = growingLog();
    const streams = liveStreams(noFaults);
    const { services } = servicesWith(log);
    const reading = Promise.withResolvers<void>();
    const answer = Promise.withResolvers<void>();
    log.beforeRead = () => {
      reading.resolve();
      return answer.promise;
    };
    const viewers = await Promise.all(upTo(20).map((after) => open(streams, argsOf(services, logDocument, { after }))));
    const waiting = viewers.map((viewer) => viewer.next());
    log.grow(100);
    await reading.promise;
    let closed = false;
    const closing = streams.close().then(() => {
      closed = true;
    });
    await new Promise((resolve) => setImmediate(resolve));
    expect(closed).toBe(false);
    answer.resolve();
    await closing;
    const { reads } = log;
    expect(reads).toBeLessThan(viewers.length);
    const rest = await Promise.all(viewers.map((viewer) => takeAll(viewer)));
    expect(rest.flat()).toEqual([]);
    await Promise.all(waiting);
    expect(log.reads).toBe(reads);
    expect(log.open).toBe(0);
  });

  test('of a run that is deleted before their lines were read end', async () => {
    const log = growingLog();
    const streams = liveStreams(noFaults);
    const { services } = servicesWith(log);
    const reading = Promise.withResolvers<void>();
    log.beforeRead = () => reading.promise;
    log.grow(100);
    const viewers = await Promise.all(upTo(20).map((after) => open(streams, argsOf(services, logDocument, { after }))));
    const all = Promise.all(viewers.map(takeAll));
    await new Promise((resolve) => setImmediate(resolve));
    log.remove();
    reading.resolve();
    expect((await all).flat().length).toBeLessThan(viewers.length);
    expect(log.open).toBe(0);
  });

  test('with other permissions do not share, and without any are refused though others watch', async () => {
    const log = growingLog();
    const streams = liveStreams(noFaults);
    const workspace = { contactSyncEnabled: true };
    const { services } = servicesWith(log, workspace);
    await open(streams, argsOf(services, logDocument));
    await open(streams, argsOf(services, logDocument, {}, ['CONTACT_SYNC_VIEW']));
    expect(log.streams).toBe(2);
    const refused = await streams.subscribe(argsOf(services, logDocument, {}, ['CONTACTS_VIEW']));
    expect(refused.kind === 'refused' && String(refused.frame.json)).toContain('FORBIDDEN');
    workspace.contactSyncEnabled = false;
    const off = await streams.subscribe(argsOf(services, logDocument));
    expect(off.kind === 'refused' && String(off.frame.json)).toContain('FORBIDDEN');
  });
});

describe('viewers of one run', () => {
  const withRead = (read: number): RunRecord => ({ ...runRecord, counts: { ...noCounts, read } });
  const readOf = (frame: Frame): number => JSON.parse(String(frame.json)).data.runProgress.counts.read;

  test('who join later get the newest state at once', async () => {
    const streams = liveStreams(noFaults);
    const { services, states } = servicesWith(growingLog());
    const first = await open(streams, argsOf(services, progressDocument));
    states[0]?.push(withRead(1));
    expect(readOf((await first.next()).value)).toBe(1);
    const second = await open(streams, argsOf(services, progressDocument));
    expect(readOf((await second.next()).value)).toBe(1);
    expect(states).toHaveLength(1);
  });

  test('who are slow get only the newest state', async () => {
    const streams = liveStreams(noFaults);
    const { services, states } = servicesWith(growingLog());
    const fast = await open(streams, argsOf(services, progressDocument));
    const slow = await open(streams, argsOf(services, progressDocument));
    for (const read of upTo(20)) {
      states[0]?.push(withRead(read));
      expect(readOf((await fast.next()).value)).toBe(read);
    }
    expect(readOf((await slow.next()).value)).toBe(20);
  });

  test('see no more once Contact Sync is turned off', async () => {
    const streams = liveStreams(noFaults);
    const workspace = { contactSyncEnabled: true };
    const { services, states } = servicesWith(growingLog(), workspace);
    const viewer = await open(streams, argsOf(services, progressDocument));
    workspace.contactSyncEnabled = false;
    states[0]?.push(withRead(1));
    const frames = await takeAll(viewer);
    expect(frames).toHaveLength(1);
    expect(JSON.parse(String(frames[0]?.json))).toMatchObject({
      data: { runProgress: null },
      errors: [{ extensions: { code: 'FORBIDDEN' } }],
    });
    expect(states[0]?.closed).toBe(true);
  });

  test('end the stream when the last one leaves, even while it waits', async () => {
    const streams = liveStreams(noFaults);
    const { services, states } = servicesWith(growingLog());
    const viewers = [
      await open(streams, argsOf(services, progressDocument)),
      await open(streams, argsOf(services, progressDocument)),
    ];
    const waiting = viewers.map((viewer) => viewer.next());
    await viewers[0]?.return?.();
    expect(states[0]?.closed).toBe(false);
    await viewers[1]?.return?.();
    expect(await Promise.all(waiting)).toEqual([
      { done: true, value: undefined },
      { done: true, value: undefined },
    ]);
    await new Promise((resolve) => setImmediate(resolve));
    expect(states[0]?.closed).toBe(true);
  });
});
