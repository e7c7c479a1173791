import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';

/** An import that one of the rules in .dependency-cruiser.cjs forbids. */
export type ImportFault = { rule: string; from: string; to: string };

type Answer = {
  modules: { source: string }[];
  summary: { violations: { from: string; to: string; rule: { name: string } }[] };
};

const run = promisify(execFile);
const root = join(import.meta.dirname, '../..');
const cruiser = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
const rules = join(root, '.dependency-cruiser.cjs');

/**
 * The forbidden imports of src and migrations below `folder`, and how many files were read there: none read means nothing
 * was looked at.
 */
export async function importFaults(folder = root): Promise<{ faults: ImportFault[]; filesRead: number }> {
  const args = [cruiser, '--config', rules, '--output-type', 'json', 'src', 'migrations'];
  const options = { cwd: folder, maxBuffer: 1 << 28 };
  const { stdout } = await run(process.execPath, args, options).catch((error) => {
    if (typeof error.stdout === 'string' && error.stdout.startsWith('{')) return { stdout: error.stdout };
    throw error;
  });
  const { modules, summary }: Answer = JSON.parse(stdout);
  return {
    faults: summary.violations.map(({ from, to, rule }) => ({ rule: rule.name, from, to })),
    filesRead: modules.filter(({ source }) => /^(src|migrations)\//.test(source)).length,
  };
}
