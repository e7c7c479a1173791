import { execFile } from 'node:child_process';
import { cp, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
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
const looked = ['src', 'migrations'];

/**
 * The forbidden imports of src and migrations below `folder`, and how many files were read. If it is 0, nothing was
 * checked.
 */
export async function importFaults(folder = root): Promise<{ faults: ImportFault[]; filesRead: number }> {
  const copy = await mkdtemp(join(tmpdir(), 'imports-'));
  try {
    await symlink(join(root, 'node_modules'), join(copy, 'node_modules'));
    for (const part of looked) await copyReadable(join(folder, part), join(copy, part));
    const { modules, summary } = await cruise(copy);
    return {
      faults: summary.violations.map(({ from, to, rule }) => ({ rule: rule.name, from, to })),
      filesRead: modules.filter(({ source }) => /^(src|migrations)\//.test(source)).length,
    };
  } finally {
    await rm(copy, { recursive: true });
  }
}

/** Copies a folder for the cruiser. Its parser fails at `using` declarations, so the copy has `const` instead. */
async function copyReadable(from: string, to: string): Promise<void> {
  await cp(from, to, { recursive: true });
  for (const file of await readdir(to, { recursive: true, withFileTypes: true })) {
    if (!file.isFile() || !file.name.endsWith('.ts')) continue;
    const path = join(file.parentPath, file.name);
    const text = await readFile(path, 'utf8');
    const readable = text.replace(/^(\s*)(?:await )?using (\w+ =)/gm, '$1const $2');
    if (readable !== text) await writeFile(path, readable);
  }
}

async function cruise(folder: string): Promise<Answer> {
  const args = [cruiser, '--config', rules, '--output-type', 'json', ...looked];
  const options = { cwd: folder, maxBuffer: 1 << 28 };
  const { stdout } = await run(process.execPath, args, options).catch((error) => {
    // The exit code also counts faults. The cruiser has failed only if there is no answer.
    if (typeof error.stdout === 'string' && error.stdout.startsWith('{')) return { stdout: error.stdout };
    throw error;
  });
  return JSON.parse(stdout);
}
