import { once } from 'node:events';
import { startEmbeddedPostgres } from '../../../src/db/embedded/start-embedded-postgres.ts';

// A test runs this as a separate process. It prints the server's URL and closes the server when standard input ends.
const server = await startEmbeddedPostgres({ dataDir: process.argv[2] ?? '' });
process.stdout.write(`${server.url}\n`);
process.stdin.resume();
await once(process.stdin, 'end');
await server.close();
