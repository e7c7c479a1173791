import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { node, root } from './places.mjs';

/** Runs `npm ci` when the packages are absent or others than package-lock.json says. Throws when that doesn't help. */
export async function installIfMissing() {
  if (isInstalled()) return;
  console.error('Installing the packages (about a minute the first time) …');
  const npm = spawn('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  const [code] = await once(npm, 'exit');
  if (code !== 0) throw new Error(`npm ci failed (exit code ${code}); its messages stand above.`);
  if (!existsSync(node)) {
    throw new Error('npm did not run the install script of the package "node": is ignore-scripts set in an .npmrc?');
  }
}

function isInstalled() {
  const wanted = packagesIn('package-lock.json');
  const present = packagesIn('node_modules/.package-lock.json');
  if (wanted === null || present === null || !existsSync(node)) return false;
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
