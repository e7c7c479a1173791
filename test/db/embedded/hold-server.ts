import { once } from 'node:events';
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded-postgres.ts';

// Run by a test as a process of its own: says the server's URL, and closes it when standard input ends.
const server = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '' });
process.stdout.write(`${server.url}\n`);
process.stdin.resume();
await once(process.stdin, 'end');
await server.close();
