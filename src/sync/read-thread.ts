import { parentPort, workerData } from 'node:worker_threads';
import { practise } from './practise.ts';
import { serveReads } from './serve-reads.ts';
import { sourceOf, sources } from './source/sources.ts';

/** The thread in which sources are read, so that the main thread stays free for live viewers. */
if (parentPort === null) throw new Error('This file is started as a worker thread.');
serveReads(parentPort, sourceOf);

if (workerData?.practises === true) {
  let isWaiting = false;
  parentPort.once('message', () => {
    isWaiting = true;
  });
  void practise(sources.LDAP, () => isWaiting);
}
