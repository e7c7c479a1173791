import { readFileSync } from 'node:fs';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { parentPort } from 'node:worker_threads';
import { serveReads } from '../../../src/sync/serve-reads.ts';
import { sourceOf } from '../../../src/sync/source/sources.ts';
import { trustedCaFile } from '../../support/trusted-ca.ts';

/** A reading thread that also trusts the CA of a test, as with NODE_EXTRA_CA_CERTS. */
if (parentPort === null) throw new Error('This file is started as a worker thread.');
setDefaultCACertificates([...getCACertificates('default'), readFileSync(trustedCaFile(), 'utf8')]);
serveReads(parentPort, sourceOf);
