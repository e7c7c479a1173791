import { createRunQueue } from '../../../src/db/run/queue/create-run-queue.ts';
import { startWorker } from '../../../src/runner/start-worker.ts';
import { collectLog } from './collect-log.ts';
import { openProcess } from './open-process.ts';
import { line, untilAborted, write } from './scripted-run.ts';

// A worker in a separate process, to be killed: node worker-process.ts <database url> <stays | ends | applies>. It
// prints the attempt of each run after it has written its lines.
const [url = '', does = ''] = process.argv.slice(2);
const { store, signals, boss, pool } = await openProcess(url);
const log = collectLog();
const queue = createRunQueue(boss, signals, (err) => log.warn({ err }, 'job'));

await startWorker({
  store,
  signals,
  queue,
  concurrency: 2,
  log,
  runSync: async (claimed, signal) => {
    const { attempt, planStands } = claimed;
    for (const nth of [1, 2, 3]) await write(pool, claimed, { lines: [line(`attempt ${attempt}, line ${nth}`)] });
    if (does === 'applies' && !planStands) await write(pool, claimed, { to: 'applying', set: `applied_position = 7` });
    process.stdout.write(`attempt ${attempt}\n`);
    if (does === 'ends') await write(pool, claimed, { lines: [line('the end')], to: 'succeeded' });
    else await untilAborted(signal);
  },
});
process.stdout.write('working\n');
