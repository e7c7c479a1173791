import type { DemoKeys } from '../demo/demo-keys.ts';
import { type BenchDatabase } from './bench-database.ts';
import { type BenchDirectory, startBenchDirectory } from './bench-directory.ts';
import type { Figure } from './figures.ts';
import { copyFile, timeCopy, timeLdapsearch } from './limits.ts';
import { detailsOf, fewChanges, measureIncremental } from './measure-incremental.ts';
import { type ReadInput, runRow } from './row-process.ts';
import { phaseTimes } from './run-phases.ts';
import { type Bench, closeBench, openBench, timeRun } from './service-runs.ts';
import { percentile } from './statistics.ts';
import { API_CONNECTIONS, type ApiQuestion, timeApi } from './time-api.ts';
import { timeSearch } from './time-search.ts';

export type SetUp = {
  database: BenchDatabase;
  keys: DemoKeys;
  folder: string;
  say: (line: string) => void;
  /** The folder for CPU profiles of the services; null: no profiles. */
  profiles: string | null;
};
type Rounds = SetUp & { people: number; rounds: number };
type Table = Record<
  | 'read'
  | 'first'
  | 'unchanged'
  | 'incremental'
  | 'written'
  | 'firstSeen'
  | 'unchangedSeen'
  | 'search'
  | 'delay'
  | 'planningDelay'
  | ApiQuestion,
  Figure
>;
type Limits = { ldapsearch: number; ids: number; counting: number; copy: number };

const viewers = 100;
/** How many people have the same address, as in a directory with a placeholder address. */
const sharing = 20_000;

function emptyTable(): Table {
  return {
    read: { name: 'read, decoded, mapped / bytes counted', unit: 'x', values: [], target: 1.5, stretch: 1.15 },
    first: { name: 'first import / (ldapsearch + psql copy)', unit: 'x', values: [], target: 2, stretch: 1.5 },
    unchanged: { name: 'nothing changed / bytes counted', unit: 'x', values: [], target: 1.3, stretch: 1.1 },
    incremental: {
      name: `incremental run after ${fewChanges} changes / ldapsearch of everybody`,
      unit: 'x',
      values: [],
      target: 0.5,
      stretch: 0.3,
    },
    written: { name: 'contact rows written or locked, nothing changed', unit: 'rows', values: [], target: 0 },
    firstSeen: { name: `first import with ${viewers} viewers / without`, unit: 'x', values: [], target: 1.25 },
    unchangedSeen: { name: `nothing changed with ${viewers} viewers / without`, unit: 'x', values: [], target: 1.25 },
    search: { name: 'search p95 / look-up by id p95', unit: 'x', values: [], target: 10 },
    page: {
      name: `page of 50 contacts over ${API_CONNECTIONS} connections, bare server / API`,
      unit: 'x',
      values: [],
      target: 2.5,
      stretch: 1.8,
    },
    count: { name: 'the same with totalCount, bare server / API', unit: 'x', values: [], target: 1.5 },
    contact: { name: 'look-up by id, bare server / API', unit: 'x', values: [], target: 2.5 },
    delay: { name: 'event loop delay p99 while syncing', unit: 'ms', values: [], target: 20 },
    planningDelay: {
      name: `event loop delay p99 in PLANNING, ${sharing} people with one address`,
      unit: 'ms',
      values: [],
      target: 20,
    },
  };
}

/** All figures that are measured in rounds. In each round the rows take turns. */
export async function measureRounds({ people, rounds, ...setUp }: Rounds): Promise<Figure[]> {
  const { folder, say } = setUp;
  const file = await copyFile(folder, people);
  say(`Loading ${people} people into slapd …`);
  const directory = await startBenchDirectory(people);
  const placeholders = await startBenchDirectory(sharing, { mail: 'nobody@example.org' });
  const table = emptyTable();
  try {
    for (let round = 1; round <= rounds; round++) {
      say(`\nround ${round} of ${rounds}`);
      const limits = await measureLimits(setUp, directory, file);
      table.read.values.push((await runRow('read-and-map', directory)).ms / limits.counting);
      const plain = await measureService(setUp, directory, limits, table);
      await measureWatched(setUp, directory, plain, table);
      await measureShared(setUp, placeholders, table);
    }
  } finally {
    await directory.close();
    await placeholders.close();
  }
  return Object.values(table);
}

async function measureLimits({ database, say }: SetUp, directory: ReadInput, file: string): Promise<Limits> {
  // The first search after other work takes up to three times as long, so it would be no limit.
  const ldapsearch = Math.min(
    await timeLdapsearch(directory),
    await timeLdapsearch(directory),
    await timeLdapsearch(directory),
  );
  const ids = Math.min(await timeLdapsearch(directory, ['entryUUID']), await timeLdapsearch(directory, ['entryUUID']));
  const { ms: counting } = await runRow('count-bytes', directory);
  await database.empty();
  await database.prepareCopy();
  const copy = await timeCopy(database.url, file);
  say(
    `limits: ldapsearch ${ldapsearch.toFixed(0)} ms, of ids alone ${ids.toFixed(0)} ms, bytes counted ${counting.toFixed(0)} ms, copy ${copy.toFixed(0)} ms`,
  );
  return { ldapsearch, ids, counting, copy };
}

type Plain = { first: number; unchanged: number };

async function measureService(setUp: SetUp, directory: BenchDirectory, limits: Limits, table: Table): Promise<Plain> {
  const { database, say } = setUp;
  return withBench(setUp, directory, async (bench) => {
    const first = await timeRun(bench);
    await database.quiet();
    await database.rememberRows();
    const unchanged = await timeRun(bench);
    const touched = await database.touchedRows();
    const incremental = await measureIncremental(bench, directory, database);
    const search = await timeSearch(bench.api, 40);
    const delay = percentile([...first.loopDelays, ...unchanged.loopDelays], 0.99);
    table.first.values.push(first.ms / (limits.ldapsearch + limits.copy));
    table.unchanged.values.push(unchanged.ms / limits.counting);
    table.incremental.values.push(incremental.ms / limits.ldapsearch);
    table.written.values.push(touched);
    table.search.values.push(search.search / search.lookUp);
    table.delay.values.push(delay);
    say(`ours: first import ${first.ms.toFixed(0)} ms, ${first.run.counts.created} created ${detailsOf(first)}`);
    say(
      `      nothing changed ${unchanged.ms.toFixed(0)} ms, ${unchanged.run.counts.unchanged} unchanged ${detailsOf(unchanged)}`,
    );
    say(
      `      ${fewChanges} changed: incremental ${incremental.ms.toFixed(0)} ms, ${(incremental.ms / limits.ids).toFixed(2)} x ldapsearch of ids alone ${detailsOf(incremental)}`,
    );
    say(
      `      search p95 ${search.search.toFixed(1)} ms (${search.byKind}), look-up p95 ${search.lookUp.toFixed(1)} ms`,
    );
    const rates = await timeApi(bench, database.url);
    for (const question of ['page', 'count', 'contact'] as const) {
      const { bare, ours } = rates[question];
      table[question].values.push(bare / ours);
      say(`      ${question}: ${ours.toFixed(0)} answers a second, the bare server ${bare.toFixed(0)}`);
    }
    say(`      event loop delay p99 ${delay.toFixed(1)} ms`);
    return { first: first.ms, unchanged: unchanged.ms };
  });
}

async function measureWatched(setUp: SetUp, directory: BenchDirectory, plain: Plain, table: Table): Promise<void> {
  await withBench(setUp, directory, async (bench) => {
    const first = await timeRun(bench, viewers);
    const unchanged = await timeRun(bench, viewers);
    table.firstSeen.values.push(first.ms / plain.first);
    table.unchangedSeen.values.push(unchanged.ms / plain.unchanged);
    const lines = Math.min(...first.linesPerViewer);
    setUp.say(
      `with ${viewers} viewers: first import ${first.ms.toFixed(0)} ms, nothing changed ${unchanged.ms.toFixed(0)} ms (${lines} lines to each)`,
    );
  });
}

async function measureShared(setUp: SetUp, placeholders: BenchDirectory, table: Table): Promise<void> {
  await withBench(setUp, placeholders, async (bench) => {
    const timed = await timeRun(bench);
    const delay = percentile(timed.planningDelays, 0.99);
    table.planningDelay.values.push(delay);
    setUp.say(
      `${sharing} people with one address: ${timed.run.counts.skipped} skipped (${phaseTimes(timed.phases)}); event loop delay p99 in PLANNING ${delay.toFixed(1)} ms`,
    );
  });
}

/** Starts a service on empty tables, does the work, and stops it. */
async function withBench<T>(
  setUp: SetUp,
  directory: BenchDirectory,
  measure: (bench: Bench) => Promise<T>,
): Promise<T> {
  const { database, keys, folder, profiles } = setUp;
  await database.empty();
  const bench = await openBench({ database, dataDir: folder, keys, directory, profiles });
  try {
    return await measure(bench);
  } finally {
    await closeBench(bench);
  }
}
