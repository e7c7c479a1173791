import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { demoKeys } from '../../demo/demo-keys.ts';
import { memoryOptions } from '../../scripts/setup/runtime.mjs';
import { createDatabase } from '../support/postgres.ts';
import { killLeftOvers, leftOvers, type NpmRun, nothingLeft, npmRun } from './support/npm-run.ts';

/** Ends in which npm or the demo gets no chance to clean up. */
const hardEnds: [string, (run: NpmRun) => void | Promise<void>][] = [
  ['a closed terminal', (run) => run.signal('SIGHUP', 'everybody')],
  ['a reader that has seen enough', (run) => run.readNoMore()],
  ['kill -9 of npm', (run) => run.signal('SIGKILL', 'npm')],
  ['kill -9 of what npm runs', (run) => run.signalOne('SIGKILL', 'scripts/run.mjs demo/demo.ts')],
  ['kill -9 of the demo alone', (run) => run.signalOne('SIGKILL', `${memoryOptions.join(' ')} demo/demo.ts`)],
  ['kill -9 of its service', (run) => run.signalOne('SIGKILL', 'dist/src/main.js')],
];

const signals: ['SIGINT' | 'SIGTERM', 'everybody' | 'npm'][] = [
  ['SIGINT', 'everybody'],
  ['SIGTERM', 'everybody'],
  ['SIGINT', 'npm'],
];

let dataDir: string;
let runs: NpmRun[];

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'demo-'));
  // If root runs the demo, the database runs as another user, who must be able to enter the folder. Otherwise the data
  // would be elsewhere.
  await chmod(dataDir, 0o755);
  runs = [];
});

afterEach(async () => {
  for (const run of runs) run.kill();
  await killLeftOvers(dataDir);
  await rm(dataDir, { recursive: true, force: true });
});

function start(script: string, args: string[] = [], env: Record<string, string> = {}): NpmRun {
  const run = npmRun(script, args, { DATA_DIR: dataDir, PORT: '0', ...env });
  runs.push(run);
  return run;
}

describe('npm run demo', () => {
  test('creates a connection and runs it, and changes nothing at a second start', async () => {
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

  test('starts on another LDAP port if the usual one is taken', async () => {
    const other = createServer().listen(3890, '127.0.0.1');
    // If another program already has the port, that serves the test as well.
    await once(other, 'listening').catch(() => {});
    const run = start('demo', ['--once']);
    expect([await run.ended, run.text()]).toEqual([0, expect.stringContaining('SUCCEEDED')]);
    expect(run.text()).toMatch(/connection to ldap:\/\/127\.0\.0\.1:(?!3890:)\d+: 1,200 people/);
    other.close();
  }, 120_000);

  test("has a separate database, whatever the shell's settings are, and says where it is", async () => {
    const database = await createDatabase();
    const run = start('demo', ['--once'], {
      DATABASE_URL: database.url,
      SECRETS_KEY: 'short',
      ROLE: 'worker',
      PGSSLMODE: 'require',
    });
    expect([await run.ended, run.text()]).toEqual([0, expect.stringContaining('SUCCEEDED')]);
    expect(run.text()).toContain('not used: DATABASE_URL, ROLE, SECRETS_KEY.');
    expect(run.text()).toContain(`The database is in ${join(dataDir, 'postgres')}.`);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    expect((await client.query('SELECT id FROM workspace')).rows).toEqual([]);
    await client.end();
    await database.close();
  }, 120_000);

  test.each(hardEnds)(
    '%s leaves no process and no lock behind',
    async (_way, end) => {
      const run = start('demo');
      await run.said('Created a connection');
      await end(run);
      await run.ended;
      await nothingLeft(dataDir);
    },
    120_000,
  );

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
  const startService = async () => {
    const { jwksFile, secretsKey, issuer, audience } = await demoKeys(dataDir);
    const run = start('start', [], {
      AUTH_JWKS: `file:${jwksFile}`,
      AUTH_ISSUER: issuer,
      AUTH_AUDIENCE: audience,
      SECRETS_KEY: secretsKey,
    });
    await run.said('"msg":"listening"');
    return run;
  };

  test.each([`${memoryOptions.join(' ')} dist/src/main.js`, 'scripts/run.mjs dist/src/main.js'])(
    'kill -9 of node … %s leaves no process and no lock behind',
    async (command) => {
      const run = await startService();
      await run.signalOne('SIGKILL', `node ${command}`);
      await run.ended;
      await nothingLeft(dataDir);
    },
    120_000,
  );

  test.each(signals)(
    '%s to %s leaves no process and no lock behind',
    async (signal, to) => {
      const run = await startService();
      run.signal(signal, to);
      await run.ended;
      expect(await leftOvers(dataDir)).toEqual([]);
    },
    120_000,
  );

  test('passes on the exit code of a faulty configuration, with all faults', async () => {
    const run = start('start', [], { PORT: 'many', AUTH_JWKS: '', SECRETS_KEY: 'short' });
    expect(await run.ended).toBe(78);
    for (const variable of ['PORT', 'AUTH_JWKS', 'AUTH_ISSUER', 'AUTH_AUDIENCE', 'SECRETS_KEY']) {
      expect(run.text()).toContain(variable);
    }
  });
});
