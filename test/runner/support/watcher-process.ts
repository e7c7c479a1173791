import { openProcess } from './open-process.ts';
import { scriptedWatches, watcherOf } from './scripted-watches.ts';

// A separate process that watches, to be killed: node watcher-process.ts <database url>. It prints the connections
// whose watches begin or stop.
const [url = ''] = process.argv.slice(2);
const { watchSource } = scriptedWatches();

watcherOf(await openProcess(url), (task, options) => {
  const { connectionId } = task.lease;
  process.stdout.write(`${connectionId} begins\n`);
  options.signal.addEventListener('abort', () => process.stdout.write(`${connectionId} stops\n`));
  return watchSource(task, options);
});
process.stdout.write('ready\n');
