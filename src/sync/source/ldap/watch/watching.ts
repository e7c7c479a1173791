import { setTimeout as wait } from 'node:timers/promises';
import type { WatchOptions } from '../../../../core/source-watch.ts';
import type { Reached } from '../reach.ts';
import { readServerInfo } from '../root-dse.ts';
import type { LdapResult } from '../search-result.ts';

/** The intervals of a watch. A pause between two polls is also at least `restFactor` times as long as a poll took. */
export type WatchTimes = {
  /**
   * How often the server is checked when it reports nothing. This also keeps the connection from being closed as idle.
   */
  checkEveryMs: number;
  askEveryMs: number;
  /** How often all entries are counted and compared, to find entries that are gone. */
  sweepEveryMs: number;
  restFactor: number;
  /** Times of changes have no fractions of a second. After this time, no further change can have the same time. */
  settleMs: number;
};

/** A watch that is running. */
export type Watching = {
  reached: Reached;
  options: WatchOptions;
  times: WatchTimes;
};

/**
 * The result of a way of watching that does not work with this server. Null: the server gave no result. A watch that
 * breaks throws instead.
 */
export type Refused = { refused: LdapResult | null };

/** Waits, and checks now and then that the server is alive. Call it only while no other request is under way. */
export async function rest(
  { reached, options: { signal }, times: { checkEveryMs } }: Watching,
  ms: number,
): Promise<void> {
  for (let waited = 0; waited < ms; waited += checkEveryMs) {
    if (waited > 0) await isAlive(reached);
    await wait(Math.min(ms - waited, checkEveryMs), undefined, { signal });
  }
}

/** Sends a small request. Throws when there is no answer within `timeoutSeconds`. */
export async function isAlive({ connection, settings }: Reached): Promise<void> {
  await readServerInfo(connection, settings);
}
