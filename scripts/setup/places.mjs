import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/** The Node 24 that comes as a package. */
export const node = join(root, 'node_modules/node/bin/node');
