/**
 * `node scripts/run.mjs [--no-build] <arguments of node>`: installs missing packages, builds what has changed, and then
 * runs Node with these arguments (if any). That Node comes with the packages; this script itself runs on any Node from
 * 20, before packages are installed.
 * It passes signals on, and treats an npm that was killed as a signal. The exit code is the program's.
 */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { buildIfChanged } from './setup/build-if-changed.mjs';
import { installIfMissing } from './setup/install-if-missing.mjs';
import { memoryOptions, root, runtimePath } from './setup/runtime.mjs';

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

// The IPC channel closes when this process ends in any way, so the program knows.
const child = spawn(runtimePath(), [...memoryOptions, ...args], {
  stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  cwd: root,
});
let told = false;
function tell(signal) {
  told = true;
  child.kill(signal);
}
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => tell(signal));
whenNpmIsGone(() => told || tell('SIGTERM'));
child.on('error', (error) => {
  console.error(`Could not start Node: ${error.message}`);
  process.exit(1);
});
child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal ?? 'SIGTERM'] ?? 0)));

/** Calls back when npm is gone. An npm that is killed tells nobody: its scripts only see a new parent process. */
function whenNpmIsGone(call) {
  if (process.env.npm_lifecycle_event === undefined) return;
  const npm = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === npm) return;
    clearInterval(look);
    call();
  }, 250);
  look.unref();
}
