import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../../src/db/embedded/start-embedded-postgres.ts';

/** Stops a server that is still running, for example because its test file was killed, and removes the run's folder. */
export default async function tearDown() {
  const dataDir = process.env.TEST_POSTGRES_DIR;
  if (existsSync(join(dataDir, 'postgres', 'data', 'postmaster.pid')))
    await (await startEmbeddedPostgres({ dataDir })).close();
  await rm(dataDir, { recursive: true, force: true });
}
