import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import type { OrphanedContacts } from '../../src/core/connection.ts';
import { people } from '../support/ldap-people.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { defaultMappings } from '../support/source-defaults.ts';
import { anna, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { map } from './small-directory.ts';

/** More people than one batch. */
const batch = 5000;
const everybody = 5200;

describe('a connection that is deleted while its run applies', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  let connection: string;
  let inTheWay: PoolClient | null;

  beforeAll(async () => {
    slapd = await startSlapd({ entries: people(everybody) });
    service = await openSyncing();
  });
  beforeEach(async () => {
    syncing = await service.workspace();
    connection = await syncing.createConnection(slapd);
    inTheWay = await syncing.pool.connect();
    // No timeout, so that slow machines have enough time.
    await inTheWay?.query('BEGIN; SET LOCAL idle_in_transaction_session_timeout = 0');
  });
  afterEach(() => letGo());
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  /** Waits until this many queries wait for a lock. */
  const waiting = async (count: number) => {
    const sql = `SELECT count(*)::int AS count FROM pg_stat_activity
      WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    while ((await syncing.pool.query<{ count: number }>(sql)).rows[0]?.count !== count)
      await new Promise((resolve) => setImmediate(resolve));
  };
  const letGo = async () => {
    await inTheWay?.query('ROLLBACK');
    inTheWay?.release();
    inTheWay = null;
  };
  const drop = (choice: OrphanedContacts) => syncing.workspace.deleteConnection(connection, choice, anna);

  /** All contacts are as the deletion's choice says, and the run's counts say what it had applied. */
  const expectSettled = async (runId: string, choice: OrphanedContacts, contacts: number) => {
    const run = await syncing.run(runId);
    expect(run).toMatchObject({ status: 'CANCELLED', phase: 'FINISHED', connectionId: null, error: null });
    const { created, updated, inScope } = run.counts;
    expect(inScope).toBe(created + updated);
    const lines = await syncing.log(runId);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
    expect(lines.filter(({ code }) => /^CONTACT_(CREATED|UPDATED)$/.test(code))).toHaveLength(created + updated);
    expect(lines.at(-1)).toMatchObject({ code: 'CANCELLED' });
    const left = await syncing.contacts();
    expect(left).toHaveLength(choice === 'DELETE' ? 0 : contacts);
    const status = choice === 'KEEP' ? 'ACTIVE' : 'INACTIVE';
    expect(left.filter((contact) => contact.status !== status)).toEqual([]);
    expect(await syncing.rows('SELECT FROM contact_link')).toEqual([]);
    return { run, left };
  };

  test.each<OrphanedContacts>(['KEEP', 'DEACTIVATE', 'DELETE'])(
    '%s: new people whose batch was applied are treated so, the others never come',
    async (choice) => {
      const runId = await syncing.start(connection);
      // Blocks the second batch.
      await inTheWay?.query(
        `INSERT INTO contact (workspace_id, id, status, display_name, created_at, updated_at, email_key, name_key, company_key, words, search)
       SELECT $1, gen_random_uuid(), 'ACTIVE', '', now(), now(), 'user' || lpad(n::text, 7, '0') || '@example.org', '', '', '', ''
       FROM generate_series($2::int, $3::int) AS n`,
        [syncing.workspaceId, batch, everybody - 1],
      );
      const carriedOut = syncing.carryOut(runId);
      do await waiting(1);
      while ((await syncing.run(runId)).counts.created < batch);
      expect(await drop(choice)).toBe(true);
      await letGo();
      await carriedOut;
      const { run } = await expectSettled(runId, choice, batch);
      expect(run.counts).toMatchObject({ created: batch, updated: 0 });
    },
  );

  test.each<OrphanedContacts>(['KEEP', 'DEACTIVATE', 'DELETE'])(
    '%s: contacts that a batch holds just then are changed by it or not, all of them',
    async (choice) => {
      await syncing.sync(connection);
      await syncing.edit(connection, { mappings: [...defaultMappings('LDAP'), map('TIME_ZONE', 'roomNumber')] });
      const held = await syncing.sync(connection, { review: true });
      expect(held.counts).toMatchObject({ updated: everybody });
      // Blocks the first batch, which has then locked contacts that the deletion needs as well.
      await inTheWay?.query(
        `SELECT FROM contact WHERE id = (SELECT contact_id FROM kept_plan_row WHERE run_id = $1 AND action = 'UPDATE'
         AND position = (SELECT min(position) + 4000 FROM kept_plan_row WHERE run_id = $1)) FOR UPDATE`,
        [held.id],
      );
      const carriedOut = syncing.approve(held.id);
      await waiting(1);
      const dropped = drop(choice);
      await waiting(2);
      await letGo();
      expect(await dropped).toBe(true);
      await carriedOut;
      const { run, left } = await expectSettled(held.id, choice, everybody);
      const changed = left.filter(({ time_zone }) => time_zone !== null);
      if (choice !== 'DELETE') expect(changed).toHaveLength(run.counts.updated);
    },
  );
});
