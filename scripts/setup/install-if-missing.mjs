import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { findRuntime, root, runtimePath } from './runtime.mjs';

/**
 * Runs `npm ci` when packages are missing or differ from package-lock.json. Throws when that does not help, or when no
 * suitable Node is found.
 */
export async function installIfMissing() {
  runtimePath();
  if (isInstalled()) return;
  console.error('Installing the packages (about a minute the first time) …');
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  const [code] = await once(npm, 'exit');
  if (code !== 0) throw new Error(`npm ci failed (exit code ${code}); its messages stand above.`);
  const runtime = findRuntime();
  if (runtime.kind === 'package' && !runtime.present) {
    throw new Error(`npm did not install ${runtime.name}, an optional package: is omit=optional set in an .npmrc?`);
  }
}

/** Of the optional packages, only the one with this platform's Node is required. */
function isInstalled() {
  const wanted = packagesIn('package-lock.json');
  const present = packagesIn('node_modules/.package-lock.json');
  const runtime = findRuntime();
  if (wanted === null || present === null || (runtime.kind === 'package' && !runtime.present)) return false;
  for (const [place, { version, optional }] of Object.entries(wanted)) {
    if (place === '') continue;
    const found = present[place];
    if (found === undefined ? !optional : found.version !== version) return false;
  }
  return true;
}

function packagesIn(file) {
  const path = join(root, file);
  return existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')).packages : null;
}
