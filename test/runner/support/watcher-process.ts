import { openProcess } from './open-process.ts';
import { scriptedWatches, watcherOf } from './scripted-watches.ts';

// Watches in a process of its own, to be killed: node watcher-process.ts <database url>.
// It says on standard output which connection's watch begins, and which one is stopped.
const [url = ''] = process.argv.slice(2);
const { watchSource } = scriptedWatches();

watcherOf(await openProcess(url), (task, options) => {
  const { connectionId } = task.lease;
  process.stdout.write(`${connectionId} begins\n`);
  options.signal.addEventListener('abort', () => process.stdout.write(`${connectionId} stops\n`));
  return watchSource(task, options);
});
process.stdout.write('ready\n');
