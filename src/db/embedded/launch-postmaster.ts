import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync } from 'node:fs';
import { open, readFile, stat, truncate } from 'node:fs/promises';
import { createServer } from 'node:net';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { embeddedFailure } from './embedded-failure.ts';
import type { Postmaster } from './postmaster.ts';
import { layGuard } from './server-guard.ts';
import type { ServerPlace } from './server-place.ts';
import { serverEnvironment } from './server-user.ts';

/** Tuned for many writes; everything that durability needs stays on. Only the loopback address, no Unix sockets. */
const settings: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  min_wal_size: '512MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  checkpoint_completion_target: '0.9',
  maintenance_work_mem: '128MB',
  work_mem: '16MB',
  random_page_cost: '1.1',
  jit: 'off',
  timezone: 'UTC',
  log_timezone: 'UTC',
  // The client gets the failed statement's error. In the log, the statement could show people's data.
  log_min_error_statement: 'panic',
};

const LEAST_BUFFERS_MB = 128;
/** Holds all pages that a first import of 100,000 people writes, so that its sessions need not write them to disk themselves. */
const MOST_BUFFERS_MB = 512;

/** The server's buffers for this much memory: an eighth of it for pages, and an eighth of that for its log. */
export function buffersFor(memoryBytes: number): { shared_buffers: string; wal_buffers: string } {
  const eighth = Math.floor(memoryBytes / 8 / 2 ** 20);
  const pages = Math.min(MOST_BUFFERS_MB, Math.max(LEAST_BUFFERS_MB, eighth));
  return { shared_buffers: `${pages}MB`, wal_buffers: `${Math.floor(pages / 8)}MB` };
}

/** This machine's memory, or less if the process may not use all of it. */
function usableMemory(): number {
  const limit = process.constrainedMemory();
  return limit > 0 ? Math.min(limit, totalmem()) : totalmem();
}

/** When the server's log is longer than this at a start, it is emptied. */
const LOG_BYTES = 5_000_000;

/** A server just started, with this process as its first user. `ended` resolves when it ends, with the reason it gave. */
export type Launched = Postmaster & { ended: Promise<string>; leave(): void };

/**
 * Starts the server on a free port, with a guard beside it. Both run in a separate process group, so that Ctrl-C for
 * our process does not reach them.
 */
export async function launchPostmaster(place: ServerPlace, extra: Readonly<Record<string, string>>): Promise<Launched> {
  const port = await freePort();
  const from = await logSize(place.log);
  const log = await open(place.log, 'a', 0o600);
  const guard = await layGuard(place).catch(async (cause) => {
    await log.close();
    throw embeddedFailure(`The embedded Postgres in ${place.home} could not be started.`, { cause });
  });
  try {
    const all = Object.entries({ ...settings, ...buffersFor(usableMemory()), ...extra, port: String(port) });
    const command = [join(place.binaries, 'bin', 'postgres'), '-D', place.data];
    const child = spawn(
      '/bin/sh',
      [...guard.args, ...command, ...all.flatMap(([name, value]) => ['-c', `${name}=${value}`])],
      {
        ...place.user,
        cwd: place.data,
        env: serverEnvironment,
        detached: true,
        stdio: [guard.input, log.fd, log.fd, 'ignore', 'pipe'],
      },
    );
    const ended = whenEnded(child).then(async (failure) => failure ?? reasonIn(place.log, from));
    child.unref();
    const pid = await serverOf(child);
    if (pid !== null) return { pid, port, ended, leave: guard.leave };
    guard.leave();
    throw embeddedFailure(`The embedded Postgres could not be started: ${await ended}`);
  } finally {
    closeSync(guard.input);
    await log.close();
  }
}

/** The server's process id, as the guard reports it. Null: the server did not start. */
async function serverOf(guard: ChildProcess): Promise<number | null> {
  const output = guard.stdio[4];
  if (!(output instanceof Readable)) return null;
  const said = await text(output).catch(() => '');
  return /^\d+\n$/.test(said) ? Number(said) : null;
}

function whenEnded(child: ChildProcess): Promise<string | null> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve(null));
    child.once('error', (error) => resolve(error.message));
  });
}

async function logSize(file: string): Promise<number> {
  const size = await stat(file).then(
    (found) => found.size,
    () => 0,
  );
  if (size < LOG_BYTES) return size;
  await truncate(file);
  return 0;
}

/** The reason for the end, from the last lines of the server's log. */
async function reasonIn(file: string, from: number): Promise<string> {
  const said = (await readFile(file).catch(() => Buffer.alloc(0))).subarray(from).toString();
  const lines = said.split('\n').filter((line) => /FATAL|PANIC|HINT|could not/.test(line));
  return lines.slice(-3).join(' ').slice(-1000) || 'it gave no reason';
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  return typeof address === 'object' && address !== null ? address.port : 0;
}
