import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { demoKeys } from '../../demo/demo-keys.ts';
import { killLeftOvers, leftOvers, type NpmRun, npmRun } from './support/npm-run.ts';

const signals: ['SIGINT' | 'SIGTERM', 'everybody' | 'npm'][] = [
  ['SIGINT', 'everybody'],
  ['SIGTERM', 'everybody'],
  ['SIGINT', 'npm'],
];

let dataDir: string;
let runs: NpmRun[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'demo-'));
  // As root the database is another user's, who has to get in; below a closed folder it would lie elsewhere.
  await chmod(dataDir, 0o755);
  runs = [];
});

afterEach(async () => {
  for (const run of runs) run.kill();
  await killLeftOvers(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

const start = (script: string, args: string[] = [], env: Record<string, string> = {}): NpmRun => {
  const run = npmRun(script, args, { DATA_DIR: dataDir, PORT: '0', ...env });
  runs.push(run);
  return run;
};

describe('npm run demo', () => {
  test('creates a connection, runs it, and at a second start changes nothing', async () => {
    const first = start('demo', ['--once']);
    expect([await first.ended, first.text()]).toEqual([0, expect.stringContaining('SUCCEEDED')]);
    expect(first.text()).toMatch(/Created a connection to ldap:.*1,200 people/);
    expect(first.text()).toMatch(/SUCCEEDED: 1,1\d\d created, 0 updated, 0 unchanged, [1-9]\d* skipped\./);
    expect(first.text()).toMatch(/WARN .*\[.*acme/);
    expect(first.text()).toMatch(/ 100 % {2}FINISHED .*\n\nSUCCEEDED/);
    const second = start('demo', ['--once']);
    expect([await second.ended, second.text()]).toEqual([0, expect.stringContaining('SUCCEEDED')]);
    expect(second.text()).toMatch(/SUCCEEDED: 0 created, 0 updated, 1,1\d\d unchanged, [1-9]\d* skipped\./);
    expect(await leftOvers(dataDir)).toEqual([]);
  }, 120_000);

  test('starts beside something that listens on its LDAP port', async () => {
    const other = createServer().listen(3890, '127.0.0.1');
    // Whoever else has the port does as well.
    await once(other, 'listening').catch(() => {});
    const run = start('demo', ['--once']);
    expect([await run.ended, run.text()]).toEqual([0, expect.stringContaining('SUCCEEDED')]);
    expect(run.text()).toMatch(/connection to ldap:\/\/127\.0\.0\.1:(?!3890:)\d+: 1,200 people/);
    other.close();
  }, 120_000);

  test.each(signals)(
    '%s to %s leaves no process and no lock behind',
    async (signal, to) => {
      const run = start('demo');
      await run.said('Ctrl-C ends it.');
      run.signal(signal, to);
      expect(await run.ended).toBe(0);
      expect(await leftOvers(dataDir)).toEqual([]);
    },
    120_000,
  );
});

describe('npm start', () => {
  test.each(signals)(
    '%s to %s leaves no process and no lock behind',
    async (signal, to) => {
      const { jwksFile, secretsKey, issuer, audience } = await demoKeys(dataDir);
      const run = start('start', [], {
        AUTH_JWKS: `file:${jwksFile}`,
        AUTH_ISSUER: issuer,
        AUTH_AUDIENCE: audience,
        SECRETS_KEY: secretsKey,
      });
      await run.said('"msg":"listening"');
      run.signal(signal, to);
      await run.ended;
      expect(await leftOvers(dataDir)).toEqual([]);
    },
    120_000,
  );

  test('passes on the exit code of a faulty configuration, every fault told', async () => {
    const run = start('start', [], { PORT: 'many', AUTH_JWKS: '', SECRETS_KEY: 'short' });
    expect(await run.ended).toBe(78);
    for (const variable of ['PORT', 'AUTH_JWKS', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'SECRETS_KEY']) {
      expect(run.text()).toContain(variable);
    }
  });
});
