/**
 * Writes the schema of the built API (dist/) to schema/schema.graphql. With `--check` it only compares, and exits with
 * 1 when they differ.
 */
import { readFile, writeFile } from 'node:fs/promises';

const built = new URL('../dist/src/api/build-api-schema.js', import.meta.url);
const file = new URL('../schema/schema.graphql', import.meta.url);

const { printApiSchema }: { printApiSchema(): string } = await import(built.href);
const printed = printApiSchema();

if (!process.argv.includes('--check')) {
  await writeFile(file, printed);
} else if ((await readFile(file, 'utf8').catch(() => '')) !== printed) {
  console.error('schema/schema.graphql is not what the code says: print it again and commit it.');
  process.exitCode = 1;
}
