import { readFileSync } from 'node:fs';
import { startBenchDirectory } from './bench-directory.ts';
import type { Figure } from './figures.ts';
import type { SetUp } from './measure-rounds.ts';
import { closeBench, openBench, timeRun } from './service-runs.ts';

/** The peak memory of a process (Linux), in MB. */
export function peakMb(pid: number | undefined): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
}

/** Peak memory of a worker process that imports this many people, and then reads them again unchanged. */
export async function measureMemory({
  database,
  keys,
  folder,
  say,
  sizes,
}: SetUp & { sizes: number[] }): Promise<Figure[]> {
  const figures: Figure[] = [];
  let before: number | null = null;
  for (const size of sizes) {
    const directory = await startBenchDirectory(size);
    await database.empty();
    const bench = await openBench({
      database,
      dataDir: folder,
      keys,
      directory,
      profiles: null,
      split: true,
    });
    try {
      await timeRun(bench);
      await timeRun(bench);
      const peak = peakMb(bench.working.process.pid);
      say(`memory: the worker had ${peak.toFixed(0)} MB at most, with ${size} people`);
      if (before === null)
        figures.push({ name: `peak memory of the worker, ${size} people`, unit: 'MB', values: [peak], target: 300 });
      else figures.push({ name: `more of it with ${size} people`, unit: 'MB', values: [peak - before], target: 60 });
      before = peak;
    } finally {
      await closeBench(bench);
      await directory.close();
    }
  }
  return figures;
}
