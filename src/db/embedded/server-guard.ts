import { execFile } from 'node:child_process';
import { closeSync, constants, existsSync, fstatSync, openSync, statSync, writeSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { isRunning } from './postmaster.ts';
import type { ServerPlace } from './server-place.ts';

/**
 * A killed process can't end the server it uses. So a guard runs beside each server. It reads a named pipe that all users of
 * the server (processes of ours) hold open for writing. When the last user is gone, for whatever reason, the pipe ends, and the
 * guard ends the server. A new user writes a line into the pipe. Before the guard ends the server, it renames the pipe, so that
 * no further user can come. Then it reads once more: if a user came just before, it renames the pipe back and goes on.
 */
const script = `
laid=$1 users=$2; shift 2
exec 3<&0 </dev/null
"$@" 3<&- 4>&- & server=$!
users=$users$server
mv "$laid" "$users"
echo "$server" >&4
exec 4>&-
(
  while :; do
    while read -r line; do :; done
    mv "$users" "$users.closed"
    read -r line || break
    mv "$users.closed" "$users"
  done
  kill -INT "$server"
) <&3 2>/dev/null & watch=$!
exec 3<&-
wait "$server"
kill "$watch" 2>/dev/null
rm -f "$users" "$users.closed"
`;

/** `users-<process id of the server>`: the pipe that its users hold open. */
const USERS = 'users-';
/** `laid-<process id of its maker>-<any>`: the pipe's name until the server has a process id. */
const LAID = 'laid-';

const POLL_MS = 20;
const MOST_LOOKS = 250;

const isPipe = new RegExp(`^(?:${USERS}|${LAID})(\\d+)`);

/** How to start a server with a guard. */
export type Guard = {
  /** Arguments of `sh`, before the server's own command. The script writes the server's process id to descriptor 4. */
  args: readonly string[];
  /** The guard's standard input. Close it when the guard has been started. */
  input: number;
  /** Ends our use of the server. */
  leave(): void;
};

/** Makes the pipe for a server that is about to start, with this process as its first user. */
export async function layGuard(place: ServerPlace): Promise<Guard> {
  await removeOldPipes(place.home);
  const pipe = join(place.home, `${LAID}${process.pid}-${process.hrtime.bigint()}`);
  await promisify(execFile)('mkfifo', ['-m', '600', pipe], { ...place.user, cwd: '/' });
  const input = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
  const output = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  return { args: ['-c', script, 'guard', pipe, join(place.home, USERS)], input, leave: once(() => closeSync(output)) };
}

/** Makes this process a user of a running server. `closed`: the guard is about to end it. `unguarded`: it has lost its guard. */
export function joinGuard(
  place: ServerPlace,
  server: number,
): { kind: 'joined' | 'unguarded'; leave(): void } | { kind: 'closed' } {
  const pipe = join(place.home, `${USERS}${server}`);
  let output: number;
  try {
    output = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK);
  } catch {
    return existsSync(`${pipe}.closed`) ? { kind: 'closed' } : { kind: 'unguarded', leave: () => {} };
  }
  const leave = once(() => closeSync(output));
  try {
    writeSync(output, '\n');
    if (statSync(pipe).ino === fstatSync(output).ino) return { kind: 'joined', leave };
  } catch {
    // The guard is gone, or has closed the pipe.
  }
  leave();
  return { kind: 'closed' };
}

/** Waits until the guard of an ended server is gone too, for 5 s at most: a killed guard leaves its pipe behind. */
export async function guardGone(place: ServerPlace, server: number): Promise<void> {
  const pipe = join(place.home, `${USERS}${server}`);
  for (let looks = 0; looks < MOST_LOOKS && (existsSync(pipe) || existsSync(`${pipe}.closed`)); looks++)
    await wait(POLL_MS);
}

async function removeOldPipes(home: string): Promise<void> {
  for (const name of await readdir(home)) {
    const [, owner] = isPipe.exec(name) ?? [];
    if (owner !== undefined && !(await isRunning(Number(owner)))) await rm(join(home, name), { force: true });
  }
}

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (!done) work();
    done = true;
  };
}
