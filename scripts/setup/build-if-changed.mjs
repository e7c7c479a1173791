import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root, runtimePath } from './runtime.mjs';

const sources = ['src', 'migrations', 'tsconfig.json', 'tsconfig.build.json', 'package-lock.json'];
const dist = join(root, 'dist');
const stamp = join(dist, '.built-from');

/**
 * Compiles src and migrations to dist when a file there was changed, added or removed. The new dist replaces the old
 * one only when it is complete, so two processes can build at the same time. Throws when it does not compile.
 */
export async function buildIfChanged() {
  const state = stateOfSources();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === state) return;
  const work = join(root, '.cache', `build-${process.pid}`);
  mkdirSync(work, { recursive: true });
  try {
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    const args = [compiler, '-p', join(root, 'tsconfig.build.json'), '--outDir', join(work, 'new')];
    const [code] = await once(spawn(runtimePath(), args, { cwd: root, stdio: ['ignore', 2, 2] }), 'exit');
    if (code !== 0) throw new Error('The sources do not compile; the messages stand above.');
    writeFileSync(join(work, 'new/.built-from'), state);
    putInPlace(work, state);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function putInPlace(work, state) {
  try {
    if (existsSync(dist)) renameSync(dist, join(work, 'old'));
    renameSync(join(work, 'new'), dist);
  } catch (error) {
    // Another process was faster and built the same.
    if (!existsSync(stamp) || readFileSync(stamp, 'utf8') !== state) throw error;
  }
}

function stateOfSources() {
  const hash = createHash('sha256');
  for (const source of sources) {
    for (const path of filesOf(source)) {
      const { size, mtimeMs } = statSync(join(root, path));
      hash.update(`${path} ${size} ${mtimeMs}\n`);
    }
  }
  return hash.digest('hex');
}

function filesOf(source) {
  if (statSync(join(root, source)).isFile()) return [source];
  return readdirSync(join(root, source), { recursive: true, withFileTypes: true })
    .filter((file) => file.isFile())
    .map((file) => join(file.parentPath ?? file.path, file.name).slice(root.length))
    .sort();
}
