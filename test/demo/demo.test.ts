import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';

const root = join(import.meta.dirname, '../..');

describe('npm run demo', () => {
  let dataDir: string;
  let started: ChildProcess[];

  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'demo-'));
    started = [];
  });
  afterEach(async () => {
    for (const child of started) if (child.pid !== undefined && isRunning(child)) process.kill(-child.pid, 'SIGKILL');
    await rm(dataDir, { recursive: true, force: true });
  });

  /** In a process group of its own, as a terminal would start it. */
  const start = (...args: string[]) => {
    const env = { ...process.env, DATA_DIR: dataDir, PORT: '0' };
    const child = spawn('npm', ['run', '--silent', 'demo', '--', ...args], {
      cwd: root,
      env,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    started.push(child);
    let text = '';
    const heard = { text: () => text, until: (_part: string): Promise<void> => Promise.resolve() };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
    heard.until = async (part) => {
      while (!text.includes(part))
        await Promise.race([
          once(child.stdout, 'data'),
          once(child, 'exit').then(() => Promise.reject(new Error(text))),
        ]);
    };
    return { child, heard, ended: once(child, 'close').then(([code]) => code) };
  };

  test('creates a connection, runs it, and at a second start changes nothing', async () => {
    const first = start('--once');
    expect([await first.ended, first.heard.text()]).toEqual([0, expect.stringContaining('SUCCEEDED')]);
    expect(first.heard.text()).toMatch(/Created a connection to ldap:.*1,200 people/);
    expect(first.heard.text()).toMatch(/SUCCEEDED: 1,1\d\d created, 0 updated, 0 unchanged, [1-9]\d* skipped\./);
    expect(first.heard.text()).toMatch(/WARN .*\[.*acme/);
    const second = start('--once');
    expect([await second.ended, second.heard.text()]).toEqual([0, expect.stringContaining('SUCCEEDED')]);
    expect(second.heard.text()).toMatch(/SUCCEEDED: 0 created, 0 updated, 1,1\d\d unchanged, [1-9]\d* skipped\./);
    expect(await leftOvers(dataDir)).toEqual([]);
  }, 120_000);

  test.each([
    ['Ctrl-C (SIGINT to everybody)', 'SIGINT', -1],
    ['SIGTERM to everybody', 'SIGTERM', -1],
    ['SIGINT to npm alone', 'SIGINT', 1],
  ] as const)(
    '%s leaves no process and no lock behind',
    async (_what, signal, group) => {
      const { child, heard, ended } = start();
      await heard.until('Ctrl-C ends it.');
      expect(heard.text()).toContain('/graphql');
      process.kill(group * (child.pid ?? 0), signal);
      await ended;
      expect(await leftOvers(dataDir)).toEqual([]);
    },
    120_000,
  );
});

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** Processes that name the folder in their command or environment, and lock files in it. */
async function leftOvers(folder: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(process.pid))) {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    if (command.includes(folder) || environment.includes(folder)) found.push(`${pid} ${command.replaceAll('\0', ' ')}`);
  }
  const files = await readdir(folder, { recursive: true });
  return [...found, ...files.filter((file) => file.endsWith('postmaster.pid'))];
}
