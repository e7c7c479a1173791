/** Lists lines of committed files that name this machine's folders or a package registry. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findMachineTraces, machineTraces } from './machine-traces.ts';

const root = join(import.meta.dirname, '../..');

function read(file: string): string {
  return existsSync(join(root, file)) ? readFileSync(join(root, file), 'utf8') : '';
}
if (!existsSync(join(root, '.git'))) {
  console.log('Not a git checkout: there are no committed files to look at.');
  process.exit();
}

const found = findMachineTraces(root, machineTraces(root), read);
for (const line of found) console.log(line);
process.exitCode = found.length > 0 ? 1 : 0;
