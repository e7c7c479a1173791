/**
 * The whole service on one machine: a sample directory over LDAP, the service with its embedded Postgres, and a
 * connection that is created and run through the public API, with its log. It runs until Ctrl-C. With `--once` it ends
 * after the run, with exit code 0 if the run succeeded.
 */
import { resolve } from 'node:path';
import { createApiClient } from './api-client.ts';
import { stopChildren } from './child-process.ts';
import { demoKeys } from './demo-keys.ts';
import { sampleConnection } from './sample-connection.ts';
import { createScreen, number } from './screen.ts';
import { startDirectory } from './start-directory.ts';
import { ignoredSettings, startService } from './start-service.ts';
import { watchRun } from './watch-run.ts';

const once = process.argv.includes('--once');
const directoryPort = 3890;
const screen = createScreen();

/** 128 + SIGPIPE, the usual exit code of a program whose output is not read any more. */
const UNREAD = 141;

/**
 * Ctrl-C can arrive more than once: from the terminal, and passed on by npm. The parent process can also end, and the
 * reader of our output can close it (`| head`, a closed terminal).
 */
const asked = new Promise<'asked' | 'unread'>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'disconnect']) process.on(signal, () => resolve('asked'));
  process.stdout.on('error', () => resolve('unread'));
  process.stderr.on('error', () => {});
});

try {
  const outcome = await Promise.race([show(), asked]);
  if (outcome === 'asked') screen.line('\nClosing …');
  process.exitCode = { done: 0, asked: 0, failed: 1, unread: UNREAD }[outcome];
} catch (error) {
  screen.endProgress();
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await stopChildren();
}
process.exit();

async function show(): Promise<'done' | 'failed'> {
  const dataDir = resolve(process.env.DATA_DIR || '.data');
  const ignored = ignoredSettings(process.env);
  if (ignored.length > 0) {
    screen.line(
      `The demo has a database and settings of its own; these of your environment are not used: ${ignored.join(', ')}.`,
    );
  }
  const keys = await demoKeys(dataDir);
  screen.line('Starting the sample directory and the service …');
  const directory = await startDirectory(directoryPort);
  const service = await startService(keys, { say: screen.line, env: { DATA_DIR: dataDir } });
  const token = await keys.token();
  const api = createApiClient(service.url, token);
  const connection = await sampleConnection(api, directory.url);
  screen.line(
    `${connection.isNew ? 'Created a' : 'Found the'} connection to ${directory.url}: ${number(directory.people)} people.\n`,
  );
  const run = await watchRun(api, connection.id, screen);
  const { created, updated, unchanged, skipped } = run.counts;
  const totals = `${number(created)} created, ${number(updated)} updated, ${number(unchanged)} unchanged, ${number(skipped)} skipped`;
  screen.line(`\n${run.status}: ${totals}.`);
  if (run.error !== null) screen.line(`${run.error.code}: ${run.error.message} ${run.error.hint ?? ''}`);
  if (once) return run.status === 'SUCCEEDED' ? 'done' : 'failed';
  screen.line(farewell(service.url, run.id, connection.id, token));
  const code = await service.child.ended;
  throw new Error(`The service has ended (${code}).`);
}

function farewell(url: string, runId: string, connectionId: string, token: string): string {
  return `
GraphQL       ${url}/graphql
WebSocket     ${url.replace(/^http/, 'ws')}/graphql
Live log      ${url}/graphql/stream
Run as text   ${url}/runs/${runId}/log.txt
Health        ${url}/readyz

A token that may do everything for a day, and a first query:

export TOKEN=${token}
curl -s ${url}/graphql -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"query":"{ contacts(search: \\"angstrom\\", first: 3) { totalCount nodes { displayName primaryEmail jobTitle } } }"}'

And once more, all of it:

curl -s ${url}/graphql -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' \\
  -d '{"query":"mutation { startRun(connectionId: \\"${connectionId}\\") { run { id } } }"}'

Ctrl-C ends it.`;
}
