import type { RunRecord } from '../../src/core/records.ts';
import { type LogLine, noCounts } from '../../src/core/run.ts';
import type { FollowedLog, RunnerPort } from '../../src/core/runner-port.ts';
import type { SourcesPort } from '../../src/core/sources-port.ts';
import type { Store, WorkspaceStore } from '../../src/core/store.ts';

/** The id of the only run. */
export const runId = '01890000-0000-7000-8000-000000000001';
const actor = { kind: 'MEMBER' as const, id: 'person-1', name: 'Ada' };

/** The run as it is at its start. */
export const runRecord: RunRecord = {
  id: runId,
  workspaceId: 'workspace',
  connectionId: null,
  connectionName: 'Directory',
  connectionVersion: 1,
  mode: 'FULL',
  modeReason: null,
  dryRun: false,
  review: false,
  trigger: 'MANUAL',
  startedBy: actor,
  status: 'RUNNING',
  phase: 'READING',
  counts: noCounts,
  excluded: {},
  progress: null,
  queuedAt: new Date(0),
  startedAt: null,
  finishedAt: null,
  error: null,
  holdReasons: [],
  decidedBy: null,
  decidedAt: null,
  lastSeq: 0,
};

function line(seq: number, length = 10): LogLine {
  return {
    seq,
    at: new Date(seq),
    level: 'INFO',
    code: 'READING',
    message: String(seq).padEnd(length, '.'),
    person: null,
    personId: null,
    contactId: null,
  };
}

/** A log that grows when a test says so, and records all reads. It replaces the runner. */
export function growingLog(lineLength = 10) {
  const lines: LogLine[] = [];
  const waiting = new Set<() => void>();
  let ended = false;
  let gone = false;
  let streams = 0;
  let open = 0;
  let reads = 0;
  let beforeRead = async () => {};
  const status = () => (ended ? 'SUCCEEDED' : 'RUNNING');
  const wake = () => {
    const woken = [...waiting];
    waiting.clear();
    for (const call of woken) call();
  };
  async function followLog(signal: AbortSignal): Promise<FollowedLog> {
    streams++;
    open++;
    signal.addEventListener('abort', () => open--);
    return {
      get lastSeq() {
        return lines.length;
      },
      now: (after, told) => {
        if (gone) return 'over';
        if (after < lines.length) return 'lines';
        if (!ended) return 'nothing yet';
        return told === status() ? 'over' : 'end';
      },
      read: async (after) => {
        reads++;
        if (gone) throw new Error('The run is gone.');
        await beforeRead();
        const part = lines.slice(after, after + 100);
        return { runId, runStatus: status(), lines: part, lastSeq: part.at(-1)?.seq ?? after };
      },
      whenChanged: (call) => {
        waiting.add(call);
        return () => void waiting.delete(call);
      },
      [Symbol.asyncIterator]: () => {
        throw new Error('Nobody reads it one by one.');
      },
    };
  }
  return {
    followLog,
    grow: (count: number) => {
      for (let index = 0; index < count; index++) lines.push(line(lines.length + 1, lineLength));
      wake();
    },
    end: () => {
      ended = true;
      wake();
    },
    /** Deletes the run. */
    remove: () => {
      gone = true;
      wake();
    },
    get streams() {
      return streams;
    },
    get open() {
      return open;
    },
    /** Called before each read. The read waits for the promise. */
    set beforeRead(wait: () => Promise<void>) {
      beforeRead = wait;
    },
    get reads() {
      return reads;
    },
    /** How many callbacks wait for more lines. */
    get waiting() {
      return waiting.size;
    },
  };
}

/** The parts of the ports that streams use. */
export function servicesWith(log: ReturnType<typeof growingLog>, workspace = { contactSyncEnabled: true }) {
  const states: { push(run: RunRecord): void; closed: boolean }[] = [];
  const store = {
    runsByIds: async (ids: readonly string[]) => (ids.includes(runId) ? [runRecord] : []),
    workspace: async () => ({ id: 'workspace', name: 'W', timeZone: 'UTC', ...workspace }),
  } as unknown as WorkspaceStore;
  const runner = {
    followLog: (_workspace: string, _run: string, _after: number, _level: string, signal: AbortSignal) =>
      log.followLog(signal),
    followProgress: (_workspace: string, _run: string, signal: AbortSignal) => pushed(states, signal),
  } as unknown as RunnerPort;
  const sources = {} as SourcesPort;
  const contactSync = { isOn: async () => workspace.contactSyncEnabled, forget: () => {} };
  return { states, services: { store: { in: () => store } as unknown as Store, runner, sources, contactSync } };
}

async function* pushed(
  states: { push(run: RunRecord): void; closed: boolean }[],
  signal: AbortSignal,
): AsyncGenerator<RunRecord> {
  const queue: RunRecord[] = [];
  let wake = () => {};
  const state = {
    closed: false,
    push: (run: RunRecord) => {
      queue.push(run);
      wake();
    },
  };
  states.push(state);
  signal.addEventListener('abort', () => wake());
  try {
    while (!signal.aborted) {
      const run = queue.shift();
      if (run !== undefined) yield run;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  } finally {
    state.closed = true;
  }
}
