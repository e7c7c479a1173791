import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Creates the folder of this run's Postgres. The server starts with the first test file that asks for a database. */
export default async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), 'contact-sync-tests-'));
  // If root runs the tests, the server runs as another user, who must be able to enter the folder. Only that user can
  // read what is in it.
  await chmod(folder, 0o755);
  process.env.TEST_POSTGRES_DIR = folder;
}
