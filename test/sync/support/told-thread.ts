import { parentPort } from 'node:worker_threads';
import { serveReads } from '../../../src/sync/serve-reads.ts';
import { toldSource } from './told-source.ts';

/** A reading thread that has only the test's source. */
if (parentPort === null) throw new Error('This file is started as a worker thread.');
serveReads(parentPort, () => toldSource);
