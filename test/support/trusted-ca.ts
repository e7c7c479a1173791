import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Where a test puts the CA that its reading threads trust; threads have the id of their process. */
export function trustedCaFile(): string {
  return join(tmpdir(), `contact-sync-ca-${process.pid}.pem`);
}
