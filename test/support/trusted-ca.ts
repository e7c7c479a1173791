import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * The file in which a test stores the CA that its reading threads trust. Threads and test share a process id, which is
 * in the name.
 */
export function trustedCaFile(): string {
  return join(tmpdir(), `contact-sync-ca-${process.pid}.pem`);
}
