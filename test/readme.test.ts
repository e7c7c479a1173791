import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from '@jest/globals';
import { startApi } from './support/api.ts';

const root = join(import.meta.dirname, '..');

test("the README's WebSocket example follows a run's log to its end, as it is written", async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [, example] = /node --input-type=module -e '\n(.*?)\n'\n/s.exec(readme) ?? [];
  const api = await startApi();
  try {
    const ldap = `urls: ["ldap://127.0.0.1:1"], bindDn: "cn=x", bindPassword: "x", baseDns: ["o=x"]`;
    const made = await api.request(
      `mutation { createConnection(input: { name: "X", status: ENABLED, source: { ldap: { ${ldap} } } }) { connection { id } } }`,
    );
    const id = made.data?.createConnection.connection.id;
    const started = await api.request(`mutation { startRun(connectionId: "${id}") { run { id } } }`);
    const env = {
      PATH: process.env.PATH,
      TOKEN: api.token,
      RUN: started.data?.startRun.run.id,
      URL: `${api.url.replace('http', 'ws')}/graphql`,
    };
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', example ?? ''], {
      cwd: root,
      env,
    });
    expect(stdout).toContain("level: 'INFO'");
    expect(stdout).toContain("level: 'ERROR'");
  } finally {
    await api.close();
  }
});
