import type { BenchDatabase } from './bench-database.ts';
import { type BenchDirectory, startBenchDirectory } from './bench-directory.ts';
import type { Figure } from './figures.ts';
import { timeLdapsearch } from './limits.ts';
import type { SetUp } from './measure-rounds.ts';
import { phaseCosts, phaseTimes } from './run-phases.ts';
import { type Bench, closeBench, openBench, type TimedRun, timeRun } from './service-runs.ts';

/** How many people change before an incremental run. */
export const fewChanges = 100;

export async function measureIncremental(
  bench: Bench,
  directory: BenchDirectory,
  database: BenchDatabase,
): Promise<TimedRun> {
  await directory.changePeople(fewChanges);
  await database.quiet();
  const timed = await timeRun(bench, 0, 'INCREMENTAL');
  const { mode, counts } = timed.run;
  if (mode !== 'INCREMENTAL' || counts.updated !== fewChanges)
    throw new Error(`The run was ${mode}, and ${counts.updated} people were updated.`);
  return timed;
}

export function detailsOf({ phases, spent }: TimedRun): string {
  return `(${phaseTimes(phases)})\n      processor seconds: ${phaseCosts(phases, spent)}`;
}

/** What makes a slapd tell which entries have been touched. */
const servers = {
  'which names all others besides': ['overlay syncprov'],
  'which logs what is deleted': ['index entryCSN eq', 'overlay syncprov', 'syncprov-sessionlog 10000'],
};

/** Incremental runs of a directory that tells which entries have been touched (RFC 4533), compared with ldapsearch. */
export async function measureFeed({ people, rounds, ...setUp }: SetUp & { people: number; rounds: number }) {
  const figures: Figure[] = [];
  for (const [how, config] of Object.entries(servers)) {
    setUp.say(`Loading ${people} people into a slapd ${how} …`);
    const directory = await startBenchDirectory(people, { server: { modules: ['syncprov'], config } });
    try {
      const values = await timeFeed(setUp, directory, rounds);
      const name = `the same, told by a server ${how}`;
      figures.push({ name, unit: 'x', values, target: 0.5, stretch: 0.3 });
    } finally {
      await directory.close();
    }
  }
  return figures;
}

async function timeFeed(setUp: SetUp, directory: BenchDirectory, rounds: number): Promise<number[]> {
  const { database, keys, folder, profiles, say } = setUp;
  await database.empty();
  const bench = await openBench({ database, dataDir: folder, keys, directory, profiles });
  const values: number[] = [];
  try {
    // The first run creates too many contacts for the next one to remember them by their ids.
    await timeRun(bench);
    await timeRun(bench);
    for (let round = 1; round <= rounds; round++) {
      const limit = Math.min(await timeLdapsearch(directory), await timeLdapsearch(directory));
      const timed = await measureIncremental(bench, directory, database);
      values.push(timed.ms / limit);
      say(`round ${round}: ldapsearch ${limit.toFixed(0)} ms, ours ${timed.ms.toFixed(0)} ms ${detailsOf(timed)}`);
    }
    return values;
  } finally {
    await closeBench(bench);
  }
}
