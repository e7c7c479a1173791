import { parentPort } from 'node:worker_threads';
import { AppError } from '../core/app-error.ts';
import type { FromReader, FromTester, ReadTask, ToReader } from './read-messages.ts';
import { Reading } from './reading.ts';
import { sourceOf } from './source/sources.ts';
import { testHere } from './test-source.ts';

/**
 * A thread in which runs read, and connections are tested, one after another, so that the main thread stays free for live viewers. Rows leave it as
 * buffers. A thread that has read before reads faster, for its code is compiled.
 */
const port = parentPort;
if (port === null) throw new Error('This file is started as a worker thread.');
const send = (message: FromReader | FromTester, transfer: ArrayBuffer[] = []): void =>
  port.postMessage(message, transfer);

let reading: Reading | null = null;

function begin(task: ReadTask): void {
  try {
    reading = new Reading(task, sourceOf(task.settings.kind), send);
    // A fault of ours ends the thread, and so the run.
    void reading.start();
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    send({ kind: 'failed', error: { code: error.code, message: error.message, hint: error.hint } });
  }
}

port.on('message', (message: ToReader) => {
  if (message.kind === 'task') {
    begin(message.task);
  } else if (message.kind === 'test') {
    void testHere(message.task).then((result) => send({ kind: 'tested', result }));
  } else if (message.kind === 'over') {
    reading = null;
    send({ kind: 'free' });
  } else reading?.hear(message);
});
