import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { connect, createServer } from 'node:net';

/** A directory server that runs in the foreground, in a folder of its own. */
export type ServerProcess = {
  pid: number;
  /** Ends the process at once. What it made stays. */
  kill(): Promise<void>;
  /** Ends the process and removes what it made. */
  close(): Promise<void>;
};

export type ServerCommand = {
  program: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  /** Its folder, and whatever else it makes: removed at the end. */
  made: string[];
  /** Something listens here as soon as it is ready. */
  host?: string;
  port: number;
};

/**
 * Starts a server and waits until it takes connections. It ends with this process, also when that is killed: then a second process
 * ends it and removes what it made. Throws with its last words when it ends at its start.
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
    // Its heir would remove what it made.
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

/** A process that waits for the end of this one, of which its input tells, and then ends the server and removes what it made. */
function startHeir(pid: number, made: string[]): ChildProcess {
  const script = 'read -r _; kill -s KILL -- "-$1"; shift; rm -rf -- "$@"';
  const stdio: StdioOptions = ['pipe', 'ignore', 'ignore'];
  const heir = spawn('sh', ['-c', script, 'heir', String(pid), ...made], { detached: true, stdio });
  // It is no reason for this process to go on.
  heir.unref();
  return heir;
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
