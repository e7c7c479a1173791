/**
 * `npm run bench` measures the limits and our service in turns, each row in its own process, and prints the ratios as a
 * table. A missed target is reported, but is no error.
 * Options: --rounds=5, --people=100000, --million (also measures memory with 1,000,000 people), --only=memory (or
 * rounds, feed, silent, watch: only these rows), --profile (writes CPU profiles of the services, for a browser's developer
 * tools).
 */
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { stopChildren } from '../demo/child-process.ts';
import { demoKeys } from '../demo/demo-keys.ts';
import { startBenchDatabase } from './bench-database.ts';
import { type Figure, figureTable } from './figures.ts';
import { measureFeed } from './measure-incremental.ts';
import { measureMemory } from './measure-memory.ts';
import { measureRounds } from './measure-rounds.ts';
import { measureSilent } from './measure-silent.ts';
import { measureWatch } from './measure-watch.ts';

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    people: { type: 'string', default: '100000' },
    only: { type: 'string' },
    million: { type: 'boolean', default: false },
    profile: { type: 'boolean', default: false },
  },
});
const people = Number(values.people);
const folder = join(import.meta.dirname, '../.cache/bench');

function say(line: string): void {
  console.log(line);
}

const database = await startBenchDatabase(join(folder, 'data'));
try {
  const setUp = {
    database,
    keys: await demoKeys(join(folder, 'keys')),
    folder,
    say,
    profiles: values.profile ? join(folder, 'profiles') : null,
  };
  const rows = {
    rounds: () => measureRounds({ ...setUp, people, rounds: Number(values.rounds) }),
    feed: () => measureFeed({ ...setUp, people, rounds: Number(values.rounds) }),
    memory: () => measureMemory({ ...setUp, sizes: values.million ? [people, 1_000_000] : [people] }),
    silent: () => measureSilent(setUp),
    watch: () => measureWatch({ ...setUp, people }),
  };
  const figures: Figure[] = [];
  for (const [name, measure] of Object.entries(rows))
    if (values.only === undefined || values.only === name) figures.push(...(await measure()));
  say(`\n${figureTable(figures)}`);
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  await stopChildren();
  await database.close();
}
