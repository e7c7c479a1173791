import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
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

test("the README's CSV example creates contacts, as it is written", async () => {
  const readme = await readFile(join(root, 'README.md'), 'utf8');
  const [ask] = /^ask\(\) \{.*?\n\}/ms.exec(readme) ?? [''];
  const [, example = ''] = /```sh\n(cat > people.csv.*?)```/s.exec(readme) ?? [];
  const [create = '', upload = ''] = example.split('# With the id');
  const folder = await mkdtemp(join(tmpdir(), 'readme-'));
  const api = await startApi();
  try {
    const shell = async (script: string): Promise<string> => {
      const text = `${ask}\n${script}`.replaceAll('http://127.0.0.1:4000', api.url);
      const env = { PATH: process.env.PATH, TOKEN: api.token };
      return (await promisify(execFile)('sh', ['-c', text], { cwd: folder, env })).stdout;
    };
    const [id = ''] = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/.exec(await shell(create)) ?? [];
    expect(await shell(`: ${upload.replaceAll('ID', id)}`)).toContain('"bytes":');
    const query = `{ connection(id: "${id}") { lastRun { status } } contacts(connectionId: "${id}") { nodes { primaryEmail displayName } } }`;
    for (;;) {
      await sleep(100);
      const { data } = await api.request(query);
      if (data?.connection.lastRun.status === 'QUEUED' || data?.connection.lastRun.status === 'RUNNING') continue;
      expect(data).toEqual({
        connection: { lastRun: { status: 'SUCCEEDED' } },
        contacts: {
          nodes: [
            { primaryEmail: 'sam@example.com', displayName: 'Sam Okafor' },
            { primaryEmail: 'zoe@example.com', displayName: 'Zoë Ångström' },
          ],
        },
      });
      break;
    }
  } finally {
    await api.close();
    await rm(folder, { recursive: true });
  }
});
