/**
 * `node scripts/run.mjs [--no-build] <arguments of node>`: installs what is missing, builds what has changed, and goes on
 * with these arguments (if any) on the Node that the packages bring. Itself runs on any Node from 20, before there are packages.
 * Signals are passed on; the exit code is the program's.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { buildIfChanged } from './setup/build-if-changed.mjs';
import { installIfMissing } from './setup/install-if-missing.mjs';
import { root } from './setup/places.mjs';
import { runtimePath } from './setup/runtime.mjs';

const given = process.argv.slice(2);
const build = given[0] !== '--no-build';
const args = build ? given : given.slice(1);

try {
  await installIfMissing();
  if (build) await buildIfChanged();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}

if (args.length === 0) process.exit(0);

const child = spawn(runtimePath(), args, { stdio: 'inherit', cwd: root });
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
child.on('error', (error) => {
  console.error(`Could not start Node: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)));
