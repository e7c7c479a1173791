import { parentPort } from 'node:worker_threads';
import type { FromReader, FromTester, ToReader } from './read-messages.ts';
import { Reading } from './reading.ts';
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

port.on('message', (message: ToReader) => {
  if (message.kind === 'task') {
    reading = new Reading(message.task, send);
    // A fault of ours ends the thread, and so the run.
    void reading.start();
  } else if (message.kind === 'test') {
    void testHere(message.task).then((result) => send({ kind: 'tested', result }));
  } else if (message.kind === 'over') {
    reading = null;
    send({ kind: 'free' });
  } else reading?.hear(message);
});
