import { once } from 'node:events';
import { afterEach, expect, test } from '@jest/globals';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { buildApiSchema } from '../../src/api/build-api-schema.ts';
import { operationPreparer } from '../../src/api/operation/prepare-operation.ts';
import { liveStreams } from '../../src/api/stream/live-streams.ts';
import { createTraffic } from '../../src/api/traffic/traffic.ts';
import { trafficLimits } from '../../src/api/traffic/traffic-limits.ts';
import { Permission } from '../../src/core/access.ts';
import { type RunningServer, startServer } from '../../src/server/start-server.ts';
import type { Data } from '../support/api.ts';
import { growingLog, runId, servicesWith } from '../support/growing-log.ts';

const LINES = 20_000;
const schema = buildApiSchema();
const viewer = {
  id: 'person-1',
  name: null,
  workspaceId: 'workspace',
  permissions: Object.values(Permission),
  tokenId: 'token-1',
  expiresAt: new Date(Date.now() + 3_600_000),
};

let server: RunningServer | undefined;
afterEach(() => server?.close());

async function serve(log: ReturnType<typeof growingLog>): Promise<string> {
  const faultLog = (_reference: string | null, cause: unknown) => {
    throw cause;
  };
  const parts = {
    schema,
    services: servicesWith(log).services,
    signIn: async () => viewer,
    operations: operationPreparer(schema),
    streams: liveStreams(faultLog),
    traffic: createTraffic(trafficLimits, 15),
    notReady: async () => null,
    logger: pino({ level: 'silent' }),
    faultLog,
  };
  server = await startServer(parts, { host: '127.0.0.1', port: 0 });
  return server.url;
}

/** A viewer of the whole log over a bare socket. It can stop reading. */
async function watch(url: string) {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/graphql`, 'graphql-transport-ws');
  await once(socket, 'open');
  const seqs: number[] = [];
  let heard = () => {};
  const completed = new Promise<void>((resolve) => {
    socket.on('message', (data) => {
      const message: Data = JSON.parse(String(data));
      if (message.type === 'next') seqs.push(...message.payload.data.runLog.lines.map((line: Data) => line.seq));
      if (message.type === 'complete') resolve();
      heard();
    });
  });
  const until = async (seq: number) => {
    while ((seqs.at(-1) ?? 0) < seq) {
      await new Promise<void>((resolve) => {
        heard = resolve;
      });
    }
  };
  const acknowledged = once(socket, 'message');
  socket.send('{"type":"connection_init"}');
  await acknowledged;
  const query = `subscription { runLog(runId: "${runId}") { lines { seq message } } }`;
  socket.send(JSON.stringify({ id: '1', type: 'subscribe', payload: { query } }));
  return { socket, seqs, completed, until };
}

test('a viewer that stops reading delays nobody, and gets every line once when it reads again', async () => {
  const log = growingLog(1000);
  const url = await serve(log);
  const [fast, slow] = [await watch(url), await watch(url)];
  log.grow(100);
  await Promise.all([fast.until(100), slow.until(100)]);
  slow.socket.pause();
  for (let lines = 100; lines < LINES; lines += 100) {
    log.grow(100);
    await fast.until(lines + 100);
  }
  expect(slow.seqs.at(-1)).toBeLessThan(LINES / 2);
  slow.socket.resume();
  await slow.until(LINES);
  log.end();
  await Promise.all([fast.completed, slow.completed]);
  const all = Array.from({ length: LINES }, (_, index) => index + 1);
  expect(fast.seqs).toEqual(all);
  expect(slow.seqs).toEqual(all);
  for (const { socket } of [fast, slow]) socket.close();
});
