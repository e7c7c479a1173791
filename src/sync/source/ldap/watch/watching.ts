import { setTimeout as wait } from 'node:timers/promises';
import type { WatchOptions } from '../../../../core/source-watch.ts';
import type { Reached } from '../reach.ts';
import { readServerInfo } from '../root-dse.ts';
import type { LdapResult } from '../search-result.ts';

/** How often what is done. The pauses between questions are also at least `restFactor` times as long as a question took. */
export type WatchTimes = {
  /** Shows whether a server that has nothing to tell is alive, and keeps the connection from being cut for silence. */
  checkEveryMs: number;
  askEveryMs: number;
  /** All entries are counted and compared this often, to find those that are gone. */
  sweepEveryMs: number;
  restFactor: number;
  /** Times of changes have no parts of a second. After this long, no further change can have the same time. */
  settleMs: number;
};

/** A watch that is being held. */
export type Watching = {
  reached: Reached;
  options: WatchOptions;
  times: WatchTimes;
};

/** How a way of watching ended: it does not work with this server. Null: not for a result. A watch that breaks throws instead. */
export type Refused = { refused: LdapResult | null };

/** Waits, and checks now and then that the server is alive. To be called while nothing else is asked. */
export async function rest(
  { reached, options: { signal }, times: { checkEveryMs } }: Watching,
  ms: number,
): Promise<void> {
  for (let waited = 0; waited < ms; waited += checkEveryMs) {
    if (waited > 0) await isAlive(reached);
    await wait(Math.min(ms - waited, checkEveryMs), undefined, { signal });
  }
}

/** Asks for something small. Throws when there is no answer within `timeoutSeconds`. */
export async function isAlive({ connection, settings }: Reached): Promise<void> {
  await readServerInfo(connection, settings);
}
