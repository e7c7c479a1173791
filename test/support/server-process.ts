import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';

/** A directory server that runs in the foreground, in a folder of its own. */
export type ServerProcess = {
  pid: number;
  /** Ends the process and removes its folder. */
  close(): Promise<void>;
};

export type ServerCommand = {
  program: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** Removed at the end. */
  folder: string;
  /** Something listens here as soon as it is ready. */
  host?: string;
  port: number;
};

/**
 * Starts a server and waits until it takes connections. It ends with this process: by `close`, at the exit, or (servers that watch
 * their input) because its input ends. Throws with its last words when it ends at its start.
 */
export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const { program, args, env, folder, host = '127.0.0.1', port } = command;
  const server = spawn(program, args, { env, detached: true, stdio: ['pipe', 'pipe', 'pipe'] });
  server.stdin?.on('error', () => {});
  let said = '';
  for (const output of [server.stdout, server.stderr])
    output?.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
  const kill = (): void => killGroup(server);
  process.once('exit', kill);
  const close = async (): Promise<void> => {
    process.off('exit', kill);
    if (server.exitCode === null && server.signalCode === null) {
      kill();
      await once(server, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  };
  const ended = once(server, 'exit').then(() => Promise.reject(new Error(`${program} ended at its start: ${said}`)));
  ended.catch(() => {});
  const given = new AbortController();
  try {
    await Promise.race([accepting(host, port, given.signal), ended]);
  } catch (error) {
    given.abort();
    await close();
    throw error;
  }
  return { pid: server.pid ?? 0, close };
}

/** The server is the leader of a process group: children that it has started end with it. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Resolves when something listens; a directory server answers what it accepted as soon as it is ready. */
async function accepting(host: string, port: number, givenUp: AbortSignal): Promise<void> {
  while (!givenUp.aborted) {
    const socket = connect(port, host);
    const open = await once(socket, 'connect').then(
      () => true,
      () => false,
    );
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** A loopback port that nothing listened on a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
