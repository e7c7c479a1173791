import type { FromReader, ReadTask, ToReader } from '../../src/sync/read-messages.ts';
import { openReadingThreads } from '../../src/sync/reading-threads.ts';

/** A separate process. It does the read of a task, given as JSON, in a reading thread, and prints the rows. */
const task: ReadTask = { ...JSON.parse(process.argv[2] ?? ''), at: new Date() };
const threads = openReadingThreads();
const thread = threads.take();
const say = (message: ToReader): void => thread.postMessage(message);
thread.on('message', (message: FromReader) => {
  if (message.kind === 'rows') process.stdout.write(message.bytes);
  if (message.kind === 'failed') process.stderr.write(message.error.message);
  if (message.kind === 'done' || message.kind === 'failed') void thread.terminate();
});
say({ kind: 'task', task, files: null });
say({ kind: 'knownEnd' });
