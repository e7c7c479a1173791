import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { uuidv7 } from 'uuidv7';
import { startChild, stopChild } from '../demo/child-process.ts';
import { startService } from '../demo/start-service.ts';
import type { NewLogLine } from '../src/core/run.ts';
import { inTransaction } from '../src/db/in-transaction.ts';
import { appendLines } from '../src/db/run/log/append-lines.ts';
import { tellRun } from '../src/db/signals/open-run-signals.ts';
import type { Figure } from './figures.ts';
import { peakMb } from './measure-memory.ts';
import type { SetUp } from './measure-rounds.ts';

const VIEWERS = 5000;
const LINES = 40_000;
const LINES_AT_ONCE = 200;
/** Each workspace has one log, with as many viewers as one access token may have. */
const WORKSPACES = 10;
/** How many different subscriptions follow each log, in the rows with different ones. */
const KINDS = 50;
/** The wait after the last line until nothing is under way any more. */
const REST_MS = 5000;
const TARGET_MB = 400;

/** Peak memory of a process that serves thousands of streams. Their clients never read, while the logs grow. */
export async function measureSilent(setUp: SetUp): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const sse of [false, true]) {
    for (const kinds of [1, KINDS]) {
      const peak = await peakWith(setUp, { sse, kinds });
      const name = `peak memory with ${VIEWERS} silent ${sse ? 'SSE streams' : 'WebSockets'}, ${WORKSPACES * kinds} different`;
      setUp.say(`${name}: ${peak.toFixed(0)} MB`);
      figures.push({ name, unit: 'MB', values: [peak], target: TARGET_MB });
    }
  }
  return figures;
}

async function peakWith(
  { database, keys, folder, say }: SetUp,
  { sse, kinds }: { sse: boolean; kinds: number },
): Promise<number> {
  await database.empty();
  const env = { DATABASE_URL: database.url, DATA_DIR: folder, PORT: '0', LOG_LEVEL: 'info', ROLE: 'api' };
  const service = await startService(keys, { env, say });
  const crowd = startChild([join(import.meta.dirname, 'rows/silent-viewers.ts')]);
  await once(crowd.process, 'message');
  const pool = new pg.Pool({ connectionString: database.url, max: 4 });
  try {
    const logs = await Promise.all(Array.from({ length: WORKSPACES }, () => startLog(pool)));
    const tokens = await Promise.all(logs.map(({ workspaceId }) => keys.token(workspaceId)));
    const wishes = Array.from({ length: VIEWERS }, (_, index) => {
      const at = index % WORKSPACES;
      const kind = Math.floor(index / WORKSPACES) % kinds;
      return { token: tokens[at], query: subscription(`log${kind}`, logs[at]?.runId) };
    });
    const opened = once(crowd.process, 'message');
    crowd.process.send({ url: service.url, wishes, sse });
    await opened;
    for (let at = 0; at < LINES; at += LINES_AT_ONCE) await Promise.all(logs.map((log) => write(pool, log, at)));
    await wait(REST_MS);
    const told = once(crowd.process, 'message');
    crowd.process.send('left');
    const [left] = await told;
    if (left > 0) throw new Error(`${left} of the silent viewers were left.`);
    return peakMb(service.child.process.pid);
  } finally {
    await pool.end();
    await stopChild(crowd);
    await stopChild(service.child);
  }
}

function subscription(alias: string, runId: string | undefined): string {
  return `subscription { ${alias}: runLog(runId: "${runId}") {
    runId runStatus lastSeq lines { seq at level code message person personId contactId } } }`;
}

type Log = { workspaceId: string; runId: string; connectionId: null };

async function startLog(pool: pg.Pool): Promise<Log> {
  const workspaceId = randomUUID();
  const runId = uuidv7();
  await pool.query(`INSERT INTO workspace (id, name, time_zone) VALUES ($1, 'W', 'UTC')`, [workspaceId]);
  await pool.query(
    `INSERT INTO run (workspace_id, id, connection_name, connection_version, settings, mode, dry_run, review, trigger, started_by, status, phase, counts)
     VALUES ($1, $2, 'Benchmark', 1, '{}', 'FULL', false, false, 'MANUAL', '{"kind":"MEMBER","id":"a","name":"A"}', 'RUNNING', 'READING', '{}')`,
    [workspaceId, runId],
  );
  return { workspaceId, runId, connectionId: null };
}

function write(pool: pg.Pool, log: Log, at: number) {
  return inTransaction(pool, async (client) => {
    const lines: NewLogLine[] = Array.from({ length: LINES_AT_ONCE }, (_, i) => ({
      level: 'INFO',
      code: 'CONTACT_CREATED',
      message: `Person ${at + i} was created as a contact: ${'x'.repeat(60)}`,
      person: `Person ${at + i}`,
      personId: `uid=person${at + i},ou=people,dc=example,dc=org`,
    }));
    await appendLines(client, log.workspaceId, log.runId, lines);
    await tellRun(client, log);
  });
}
