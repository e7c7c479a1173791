import { parentPort } from 'node:worker_threads';
import { serveReads } from './serve-reads.ts';
import { sourceOf } from './source/sources.ts';

/** The thread that reads sources. The main thread stays free for live viewers. */
if (parentPort === null) throw new Error('This file is started as a worker thread.');
serveReads(parentPort, sourceOf);
