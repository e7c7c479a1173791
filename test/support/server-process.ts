import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';

/** A directory server that runs in the foreground, in its own folder. */
export type ServerProcess = {
  pid: number;
  /** Kills the process. Its files stay. */
  kill(): Promise<void>;
  /** Ends the process and removes its files. */
  close(): Promise<void>;
};

export type ServerCommand = {
  program: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** Its folder, and all else that it creates. They are removed at the end. */
  made: string[];
  /** The address on which it listens when it is ready. */
  host?: string;
  port: number;
};

/**
 * Starts a server and waits until it accepts connections. It ends with this process. If this process is killed, a
 * second process ends the server and removes its files. Throws with the server's last output if it ends while starting.
 */
export async function startServerProcess(command: ServerCommand): Promise<ServerProcess> {
  const { program, args, env, made, host = '127.0.0.1', port } = command;
  const server = spawn(program, args, { env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const output of [server.stdout, server.stderr])
    output.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-2000);
    });
  const ended = once(server, 'exit').then(() => Promise.reject(new Error(`${program} ended at its start: ${said}`)));
  ended.catch(() => {});
  const heir = server.pid === undefined ? null : startHeir(server.pid, made);
  server.once('exit', () => heir?.kill('SIGKILL'));
  const kill = async (): Promise<void> => {
    // Its heir would remove the files.
    heir?.kill('SIGKILL');
    if (server.exitCode !== null || server.signalCode !== null) return;
    killGroup(server);
    await once(server, 'exit');
  };
  const close = async (): Promise<void> => {
    await kill();
    for (const path of made) await rm(path, { recursive: true, force: true });
  };
  const given = new AbortController();
  try {
    await Promise.race([accepting(host, port, given.signal), ended]);
  } catch (error) {
    given.abort();
    await close();
    throw error;
  }
  return { pid: server.pid ?? 0, kill, close };
}

/**
 * Starts a second process that waits for the end of this one: its input closes then. It ends the server and removes its
 * files.
 */
function startHeir(pid: number, made: string[]): ChildProcess {
  const script = 'read -r _; kill -s KILL -- "-$1"; shift; rm -rf -- "$@"';
  const stdio: StdioOptions = ['pipe', 'ignore', 'ignore'];
  const heir = spawn('sh', ['-c', script, 'heir', String(pid), ...made], { detached: true, stdio });
  // The heir does not keep this process alive.
  heir.unref();
  return heir;
}

/** Kills the process group that the server leads, including the children that it has started. */
function killGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}

/** Resolves when something listens. A directory server that is not ready yet answers its first connections a little later. */
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

/** A loopback port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
