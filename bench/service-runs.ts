import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { join } from 'node:path';
import { type ApiClient, createApiClient } from '../demo/api-client.ts';
import { type Child, startChild, stopChild } from '../demo/child-process.ts';
import type { DemoKeys } from '../demo/demo-keys.ts';
import { type Service, startService } from '../demo/start-service.ts';
import {
  CreateConnectionDocument,
  type RunStateFragment,
  StartRunDocument,
  type StartRunMode,
  WatchRunDocument,
} from '../schema/operations.generated.ts';
import type { BenchDatabase } from './bench-database.ts';
import { type CpuWatch, watchCpu } from './cpu-seconds.ts';
import type { ReadInput } from './row-process.ts';
import { type Phase, runPhases } from './run-phases.ts';

/** A service in one or two processes, and a new workspace with a connection to the benchmarks' directory. */
export type Bench = {
  api: ApiClient;
  token: string;
  workspaceId: string;
  url: string;
  connectionId: string;
  serving: Child;
  working: Child;
  /** Starts measuring the processor time of the worker, the database and the directory. */
  watchCpu(): CpuWatch;
};

const sampler = join(import.meta.dirname, 'loop-delay.mjs');

export type BenchOptions = {
  database: BenchDatabase;
  dataDir: string;
  keys: DemoKeys;
  directory: ReadInput & { pid: number };
  profiles: string | null;
  split?: boolean;
  /** Changes in the directory start runs. */
  continuous?: boolean;
};

/** Starts the service as one process, or, with `split`, as an API process and a worker process. */
export async function openBench({
  database,
  dataDir,
  keys,
  directory,
  profiles,
  split = false,
  continuous = false,
}: BenchOptions): Promise<Bench> {
  const env = { DATABASE_URL: database.url, DATA_DIR: dataDir, PORT: '0', LOG_LEVEL: 'info' };
  const nodeOptions = ['--import', sampler, ...(profiles === null ? [] : ['--cpu-prof', `--cpu-prof-dir=${profiles}`])];
  const start = (role: string): Promise<Service> =>
    startService(keys, { env: { ...env, ROLE: role }, say: console.error, nodeOptions });
  const service = await start(split ? 'api' : 'all');
  const worker = split ? await start('worker') : service;
  const workspaceId = randomUUID();
  const token = await keys.token(workspaceId);
  const api = createApiClient(service.url, token);
  const connectionId = await createConnection(api, directory, continuous);
  const pids = { service: worker.child.process.pid ?? 0, postgres: database.pid, slapd: directory.pid };
  return {
    api,
    token,
    workspaceId,
    url: service.url,
    connectionId,
    serving: service.child,
    working: worker.child,
    watchCpu: () => watchCpu(pids),
  };
}

export async function closeBench({ serving, working }: Bench): Promise<void> {
  if (working !== serving) await stopChild(working);
  await stopChild(serving);
}

async function createConnection(api: ApiClient, directory: ReadInput, continuous: boolean): Promise<string> {
  const { url, bindDn, bindPassword, peopleDn } = directory;
  const source = { ldap: { urls: [url], bindDn, bindPassword, baseDns: [peopleDn], pageSize: 1000 } };
  const input = { name: 'Benchmark', status: 'ENABLED', source, continuous } as const;
  const answer = await api.ask(CreateConnectionDocument, { input });
  const { connection = null, userErrors = [] } = answer.createConnection ?? {};
  if (connection === null) throw new Error(JSON.stringify(userErrors));
  return connection.id;
}

export type TimedRun = {
  ms: number;
  run: RunStateFragment;
  phases: Phase[];
  /** Until a moment after the run's end, in which the tables are settled. */
  spent: ReturnType<CpuWatch['end']>;
  loopDelays: number[];
  /** Of these, those while planning. */
  planningDelays: number[];
  linesPerViewer: number[];
};

/** The time from the mutation until the subscription reports the run's end, with that many viewers on its log. */
export async function timeRun(bench: Bench, viewers = 0, mode: StartRunMode = 'FULL'): Promise<TimedRun> {
  const crowd = viewers > 0 ? await startCrowd(bench, viewers) : null;
  bench.serving.process.send('reset');
  const watch = bench.watchCpu();
  const asked = Date.now();
  const began = performance.now();
  const started = await bench.api.ask(StartRunDocument, { connectionId: bench.connectionId, mode });
  const runId = started.startRun?.run?.id;
  if (runId === undefined) throw new Error(JSON.stringify(started.startRun?.userErrors));
  const seen = crowd?.watch(runId);
  let run: RunStateFragment | null = null;
  for await (const { runProgress } of bench.api.follow(WatchRunDocument, { runId })) run = runProgress;
  const ms = performance.now() - began;
  const ended = Date.now();
  if (run === null || run.status !== 'SUCCEEDED')
    throw new Error(`The run ended ${run?.status}: ${run?.error?.message}`);
  const seenDelays = await loopDelays(bench.serving);
  const linesPerViewer = (await seen) ?? [];
  await crowd?.close();
  const phases = await runPhases(bench.api, runId, asked, ended);
  const planning = phases.find(({ name }) => name === 'PLANNING');
  const isPlanning = (at: number): boolean => planning !== undefined && at >= planning.from && at <= planning.to;
  return {
    ms,
    run,
    phases,
    spent: watch.end(),
    loopDelays: seenDelays.map(({ delay }) => delay),
    planningDelays: seenDelays.filter(({ at }) => isPlanning(at)).map(({ delay }) => delay),
    linesPerViewer,
  };
}

async function loopDelays(serving: Child): Promise<{ delay: number; at: number }[]> {
  serving.process.send('report');
  const [{ delays, times }] = await once(serving.process, 'message');
  return delays.map((delay: number, i: number) => ({ delay, at: times[i] }));
}

type Crowd = {
  /** The number of lines that each viewer got, once all have reached the end. */
  watch(runId: string): Promise<number[]>;
  close(): Promise<void>;
};

/** Resolves when each viewer has a connection. */
async function startCrowd({ url, token }: Bench, viewers: number): Promise<Crowd> {
  const child = startChild([join(import.meta.dirname, 'rows/viewers.ts')]);
  await once(child.process, 'message');
  const opened = once(child.process, 'message');
  child.process.send({ kind: 'open', url, token, viewers });
  await opened;
  return {
    watch: async (runId) => {
      const answered = once(child.process, 'message');
      child.process.send({ kind: 'follow', runId });
      const [seen]: { lines: number; lastSeq: number }[][] = await answered;
      if (seen === undefined || new Set(seen.map(({ lastSeq }) => lastSeq)).size !== 1) {
        throw new Error('Not every viewer saw the end of the log.');
      }
      return seen.map(({ lines }) => lines);
    },
    close: () => stopChild(child),
  };
}
