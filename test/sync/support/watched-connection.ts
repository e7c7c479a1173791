import { setTimeout as pause } from 'node:timers/promises';
import { expect } from '@jest/globals';
import type { RunRecord } from '../../../src/core/records.ts';
import { isEnded } from '../../../src/core/run.ts';
import { runQueueName } from '../../../src/db/run/queue/open-boss.ts';
import { startRun } from '../../../src/runner/start-run.ts';
import type { FaultProxy } from '../../support/fault-proxy.ts';
import type { Slapd } from '../../support/slapd.ts';
import { anna, type RunOptions, type Syncing } from '../../support/syncing.ts';
import type { RandomPeople } from './random-people.ts';
import { type ServiceApart, startServiceApart } from './service-apart.ts';

export type WatchedParts = {
  databaseUrl: string;
  syncing: Syncing;
  connection: string;
  people: RandomPeople;
  slapd: Slapd;
  /** The proxy in front of the server. */
  proxy: FaultProxy;
  roll: (sides: number) => number;
};

/** The codes with which the test's faults may end runs and watches. No other code may occur. */
const allowed = new Set(['CONNECTION_LOST', 'UNREACHABLE', 'TIMEOUT', 'SIZE_LIMIT', 'SERVER_BUSY']);

const modes = ['FULL', 'INCREMENTAL', 'AUTO'] as const;

/**
 * A connection that a service in a separate process watches. The directory, the network and the service fail at times.
 */
export class WatchedConnection {
  readonly #parts: WatchedParts;
  readonly #began = new Date();
  readonly #services: ServiceApart[] = [];

  private constructor(parts: WatchedParts) {
    this.#parts = parts;
  }

  static async begin(parts: WatchedParts): Promise<WatchedConnection> {
    const watched = new WatchedConnection(parts);
    await parts.syncing.edit(parts.connection, { continuous: true });
    watched.#start();
    return watched;
  }

  #start(): void {
    this.#services.push(startServiceApart(this.#parts.databaseUrl));
  }

  /** Makes something fail, and then restores it. */
  async disturb(): Promise<void> {
    const { slapd, proxy, syncing, connection, people, roll } = this.#parts;
    const what = roll(10);
    if (what === 0) proxy.cut();
    else if (what === 1) proxy.fault = { kind: 'cut', afterBytes: proxy.bytes + 200 + roll(6000) };
    else if (what === 2) {
      await slapd.kill();
      if (roll(2) === 0) await this.#noticed();
      await slapd.restart();
    } else if (what === 3) {
      process.kill(slapd.pid, 'SIGSTOP');
      await this.#noticed();
      process.kill(slapd.pid, 'SIGCONT');
    } else if (what === 4) {
      await slapd.kill();
      await slapd.restart('size=1');
      await people.change();
      await this.#noticed();
      await slapd.kill();
      await slapd.restart();
    } else if (what === 5) {
      await this.#startRun({ mode: 'FULL' });
      await pause(roll(150));
      await this.#killServices();
      await this.#passTime();
      this.#start();
    } else if (what === 6) await this.#freezeService();
    else if (what === 7) await this.#review();
    else if (what === 8) await this.#startRun({ mode: modes[roll(3)], dryRun: roll(2) === 0 });
    else await syncing.edit(connection, { description: `edited ${roll(1000)}` });
  }

  /**
   * Waits until a run has imported all that is in the directory now. It gives the beacon a new city: a run that brings
   * it has read everything else too, and when it ends, no other run is open.
   */
  async settle(): Promise<void> {
    const { syncing, connection, people, proxy } = this.#parts;
    proxy.fault = { kind: 'none' };
    const from = new Date();
    const city = await people.light();
    await this.#until(async () => {
      const [row] = await syncing.rows<{ settled: boolean }>(
        `SELECT NOT EXISTS (SELECT FROM open_run WHERE connection_id = $1)
           AND EXISTS (SELECT FROM run WHERE connection_id = $1 AND status = 'SUCCEEDED' AND NOT dry_run AND started_at >= $2)
           AND EXISTS (SELECT FROM contact WHERE primary_email = 'beacon@example.org' AND city = $3) AS settled`,
        [connection, from, city],
      );
      return row?.settled === true;
    });
  }

  /** Stops the watch, by an edit or by killing the service. Returns the runs that the watch has made. */
  async end(): Promise<RunRecord[]> {
    const { syncing, connection, roll } = this.#parts;
    if (roll(2) === 0) await this.#killServices();
    await syncing.edit(connection, { continuous: false });
    if (this.#services.length > 0) await this.#until(() => this.#isLetGo());
    await this.#killServices();
    await this.#passTime();
    await syncing.runStore.recoverLostRuns();
    for (const { run_id } of await this.#openRuns()) await syncing.carryOut(run_id);
    return this.#checkedRuns();
  }

  /** Ends all that is left after a failure. */
  close(): Promise<void> {
    return this.#killServices();
  }

  async #freezeService(): Promise<void> {
    const { people, roll } = this.#parts;
    const [frozen] = this.#services;
    await people.change();
    await pause(roll(150));
    frozen?.freeze();
    await this.#passTime();
    this.#start();
    await this.settle();
    await people.change();
    frozen?.wake();
    await this.settle();
    await frozen?.kill();
    this.#services.shift();
  }

  /** Decides about a HELD plan, as a person does. */
  async #review(): Promise<void> {
    const { syncing, roll } = this.#parts;
    const run = await this.#startRun({ mode: modes[roll(3)], review: true });
    await this.#until(async () => {
      const { status } = await syncing.run(run);
      return status === 'HELD' || isEnded(status);
    });
    if ((await syncing.run(run)).status !== 'HELD') return;
    const { runStore, workspaceId } = syncing;
    await [runStore.approve, runStore.reject, runStore.cancel][roll(3)]?.(workspaceId, run, anna);
  }

  /** Starts a run, as a person does, when no other one is open. */
  async #startRun({ mode = 'AUTO', dryRun = false, review = false }: RunOptions): Promise<string> {
    const { syncing, connection } = this.#parts;
    let id = '';
    await this.#until(async () => {
      const request = { mode, dryRun, review, by: anna } as const;
      const outcome = await startRun(syncing.runStore, syncing.workspaceId, connection, request);
      if (outcome.kind !== 'started') throw new Error(`The run does not start: ${outcome.kind}`);
      id = outcome.run.id;
      return !outcome.alreadyRunning;
    });
    return id;
  }

  /** Waits until a watch has broken, or a run has ended. In a small directory a run may get through before limits matter. */
  async #noticed(): Promise<void> {
    const { syncing, connection } = this.#parts;
    const from = new Date();
    const before = this.#broken();
    await this.#until(async () => {
      if (this.#broken() > before) return true;
      const ended = await syncing.rows(`SELECT FROM run WHERE connection_id = $1 AND finished_at >= $2`, [
        connection,
        from,
      ]);
      return ended.length > 0;
    });
  }

  /** How many watches have broken. */
  #broken(): number {
    return this.#services.reduce((sum, { faults }) => sum + faults.filter(({ code }) => code !== null).length, 0);
  }

  /** Asks until it is true. A broken watch does not wait for its retry: its pause is ended at once. */
  async #until(is: () => Promise<boolean>): Promise<void> {
    const { syncing, connection } = this.#parts;
    while (!(await is())) {
      await syncing.pool.query(
        `UPDATE connection_watch SET retry_at = now(), failures = 0 WHERE connection_id = $1 AND retry_at > now()`,
        [connection],
      );
      await pause(20);
    }
  }

  /** Makes leases and heartbeats look old, as some time after their process has ended. */
  async #passTime(): Promise<void> {
    const { syncing, connection } = this.#parts;
    await syncing.pool.query(`UPDATE connection_watch SET expires_at = now() WHERE connection_id = $1`, [connection]);
    await syncing.pool.query(
      `UPDATE pgboss.job SET heartbeat_on = now() - interval '1 min' WHERE name = $1 AND state = 'active'`,
      [runQueueName],
    );
  }

  async #killServices(): Promise<void> {
    await Promise.all(this.#services.map((service) => service.kill()));
    for (const { faults } of this.#services.splice(0))
      expect(faults.filter(({ level, code }) => level === 'error' || !(code === null || allowed.has(code)))).toEqual(
        [],
      );
  }

  /** Whether no service holds the watch any more. */
  async #isLetGo(): Promise<boolean> {
    const { syncing, connection } = this.#parts;
    const held = 'SELECT FROM connection_watch WHERE connection_id = $1 AND holder IS NOT NULL';
    return (await syncing.rows(held, [connection])).length === 0;
  }

  #openRuns(): Promise<{ run_id: string }[]> {
    return this.#parts.syncing.rows(`SELECT run_id FROM open_run WHERE connection_id = $1`, [this.#parts.connection]);
  }

  async #checkedRuns(): Promise<RunRecord[]> {
    const { syncing, connection } = this.#parts;
    const ids = await syncing.rows<{ id: string }>(`SELECT id FROM run WHERE connection_id = $1 AND queued_at >= $2`, [
      connection,
      this.#began,
    ]);
    const runs = await Promise.all(ids.map(({ id }) => syncing.run(id)));
    const broken = runs.filter(({ status, error }) => status === 'FAILED' && !allowed.has(error?.code ?? ''));
    expect(broken).toEqual([]);
    return runs.filter(({ status, dryRun }) => status === 'SUCCEEDED' && !dryRun);
  }
}
