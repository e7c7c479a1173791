import { chmod, mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Names the folder of this run's Postgres; the server starts with the first test file that asks for a database. */
export default async function setUp() {
  const folder = await mkdtemp(join(tmpdir(), 'contact-sync-tests-'));
  // As root the server runs as another user, who has to get in; what is in it is that user's alone.
  await chmod(folder, 0o755);
  process.env.TEST_POSTGRES_DIR = folder;
}
