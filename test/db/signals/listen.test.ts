import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { listen } from '../../../src/db/signals/listen.ts';
import { openRunSignals } from '../../../src/db/signals/open-run-signals.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

let at: TestDatabase;
let pool: pg.Pool;

beforeAll(async () => {
  at = await createDatabase();
  pool = new pg.Pool({ connectionString: at.url, max: 2 });
});

afterAll(async () => {
  await pool?.end();
  await at?.close();
});

const notify = (channel: string, payload: string) => pool.query('SELECT pg_notify($1, $2)', [channel, payload]);

const breakListener = () =>
  pool.query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'contact-sync-listen'`,
  );

describe('listening', () => {
  test('hears only its channel, in order, until unsubscribed', async () => {
    const listener = await listen({ url: at.url, channel: 'one' });
    const heard: string[] = [];
    const stop = listener.subscribe((payload) => heard.push(payload));
    const last = Promise.withResolvers<void>();
    listener.subscribe((payload) => payload === 'end' && last.resolve());
    await notify('one', 'a');
    await notify('two', 'b');
    await notify('one', 'c');
    await notify('one', 'end');
    await last.promise;
    expect(heard).toEqual(['a', 'c', 'end']);
    stop();
    const after = Promise.withResolvers<void>();
    listener.subscribe(() => after.resolve());
    await notify('one', 'd');
    await after.promise;
    expect(heard).toEqual(['a', 'c', 'end']);
    await listener.close();
  });

  test('reconnects after its connection is lost, and reports that something may have been missed', async () => {
    const troubles: Error[] = [];
    const listener = await listen({ url: at.url, channel: 'one', onTrouble: (error) => troubles.push(error) });
    const missed = Promise.withResolvers<void>();
    const heard = Promise.withResolvers<string>();
    listener.subscribe(heard.resolve, missed.resolve);
    await breakListener();
    await missed.promise;
    await notify('one', 'after');
    expect(await heard.promise).toBe('after');
    expect(troubles).toHaveLength(1);
    await listener.close();
  });

  test('does not reconnect after it was closed, and closes its connection', async () => {
    const listener = await listen({ url: at.url, channel: 'one' });
    await listener.close();
    const { rows } = await pool.query(
      `SELECT count(*)::int AS n FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'contact-sync-listen' AND state IS NOT NULL`,
    );
    expect(rows[0].n).toBeLessThanOrEqual(1);
  });

  test('fails as DATABASE_UNAVAILABLE when there is no database', async () => {
    const url = new URL(at.url);
    url.port = '1';
    await expect(listen({ url: url.href, channel: 'one' })).rejects.toMatchObject({ code: 'DATABASE_UNAVAILABLE' });
  });

  test('reads the signals of runs', async () => {
    const signals = await openRunSignals(at.url);
    const heard: unknown[] = [];
    const second = Promise.withResolvers<void>();
    signals.subscribe(
      (signal) => {
        if (heard.push(signal) === 2) second.resolve();
      },
      () => {},
    );
    await notify('contact_sync_run', 'w r c ended');
    await notify('contact_sync_run', 'w r -');
    await second.promise;
    expect(heard).toEqual([
      { workspaceId: 'w', runId: 'r', connectionId: 'c', ended: true },
      { workspaceId: 'w', runId: 'r', connectionId: null, ended: false },
    ]);
    await signals.close();
  });
});
