import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ChangeRecord } from '../../src/core/records.ts';
import { ChangeAction } from '../../src/core/run.ts';
import { keepLeftPlans } from '../../src/db/sync/keep-plan.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, removal, somebody, unit } from './small-directory.ts';

describe('the shown changes of a run', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  let connection: string;

  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill([unit, ...['ada', 'bob', 'cy', 'dot', 'eve', 'fay'].map((uid) => somebody(uid))]);
    syncing = await service.workspace();
    connection = await syncing.createConnection(slapd, { removal: removal() });
    await syncing.sync(connection);
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  const shown = async (runId: string): Promise<ChangeRecord[]> => {
    const any = { action: null, search: null };
    const page = await syncing.workspace.changesPage(runId, any, { first: 100, after: null });
    const [paged, of] = [await everyPage(runId), await syncing.workspace.changesPagesOf([runId], any, 100)];
    expect(paged).toEqual(page.nodes);
    expect(of(runId).nodes).toEqual(page.nodes);
    expect(await page.totalCount()).toBe(page.nodes.length);
    return page.nodes;
  };
  const everyPage = async (runId: string): Promise<ChangeRecord[]> => {
    const nodes: ChangeRecord[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const page = await syncing.workspace.changesPage(runId, { action: null, search: null }, { first: 2, after });
      nodes.push(...page.nodes);
      [after, more] = [page.endCursor, page.hasNextPage];
    }
    return nodes;
  };
  const content = ({ applied: _, at: __, ...rest }: ChangeRecord) => rest;
  const add = (uid: string, attributes = {}) => {
    const entry = somebody(uid, attributes);
    return slapd.add(entry.dn, entry.attributes);
  };
  const planRows = async () =>
    (
      await syncing.rows<{ n: number }>(
        'SELECT ((SELECT count(*) FROM plan_row) + (SELECT count(*) FROM kept_plan_row))::int AS n',
      )
    )[0]?.n;

  /** One person for each action: returned, new, changed, linked, gone, kept by others, left out. */
  const everyAction = async (action: 'DEACTIVATE' | 'DELETE') => {
    await syncing.edit(connection, { scope: scopeOf({ filter: '(!(uid=ada))' }), removal: removal() });
    await syncing.sync(connection);
    const other = await syncing.createConnection(slapd, { removal: removal() });
    await syncing.edit(other, { scope: scopeOf({ filter: '(uid=bob)' }) });
    await syncing.sync(other);
    await syncing.addContact({ DISPLAY_NAME: 'By hand', PRIMARY_EMAIL: 'hal@example.org', CITY: 'Bath' });
    await syncing.addContact({ DISPLAY_NAME: 'Fay again', PRIMARY_EMAIL: 'fay2@example.org' });
    await add('new');
    await add('hal', { telephoneNumber: '+44 20 7946 0001' });
    await slapd.modify(dn('dot'), { displayName: 'Dotty' });
    await slapd.modify(dn('fay'), { mail: ['fay2@example.org'] });
    await add('twin', { mail: 'double@example.org' });
    await add('double');
    await slapd.delete(dn('cy'));
    await slapd.delete(dn('bob'));
    await syncing.edit(connection, { scope: scopeOf(), removal: removal({ action }) });
  };

  test.each(['DEACTIVATE', 'DELETE'] as const)(
    'is the same before and after it is applied, for every action (%s)',
    async (action) => {
      await everyAction(action);
      const held = await syncing.sync(connection, { review: true });
      expect(held.status).toBe('HELD');
      const before = await shown(held.id);
      const other = action === 'DELETE' ? 'DEACTIVATE' : 'DELETE';
      const actions = Object.values(ChangeAction).filter((one) => one !== other);
      expect([...new Set(before.map((change) => change.action))].sort()).toEqual(actions.sort());
      expect(before.every(({ applied }) => !applied)).toBe(true);
      const run = await syncing.approve(held.id);
      expect(run).toMatchObject({ status: 'SUCCEEDED', counts: held.counts });
      const after = await shown(held.id);
      expect(after.map(content)).toEqual(before.map(content));
      expect(after.filter(({ applied }) => !applied).map((change) => change.action)).toEqual(['SKIP', 'SKIP', 'SKIP']);
      expect(await planRows()).toBe(0);
    },
  );

  test('are those that a dry run showed, if the same is done without review', async () => {
    await everyAction('DEACTIVATE');
    const dry = await syncing.sync(connection, { dryRun: true });
    const real = await syncing.sync(connection);
    const [planned, done] = [await shown(dry.id), await shown(real.id)];
    const told = ({ changeSet: _, contactId, ...rest }: ReturnType<typeof content>) => ({
      ...rest,
      contactId: rest.action === 'CREATE' ? null : contactId,
    });
    expect(done.map(content).map(told)).toEqual(planned.map(content).map(told));
  });

  test('include those that a cancelled run has not applied, and leave no plan behind', async () => {
    await everyAction('DEACTIVATE');
    const held = await syncing.sync(connection, { review: true });
    const before = await shown(held.id);
    const { kind } = await syncing.runStore.cancel(syncing.workspaceId, held.id, {
      kind: 'MEMBER',
      id: 'a',
      name: 'Anna',
    });
    expect(kind).toBe('done');
    expect((await shown(held.id)).map(content)).toEqual(before.map(content));
    const stopped = await syncing.start(connection);
    const claimed = await syncing.claim(stopped);
    await syncing.rows(
      `INSERT INTO plan_row (workspace_id, run_id, position, action, stays, person, display_name)
       VALUES ($1, $2, 1, 'CREATE', NULL, 'cn=x', 'X'), ($1, $2, 2, 'NONE', 'AS_BEFORE', 'cn=y', NULL)`,
      [syncing.workspaceId, stopped],
    );
    await syncing.pool.query(`UPDATE run SET phase = 'APPLYING' WHERE id = $1`, [stopped]);
    await syncing.runStore.end(claimed, { status: 'CANCELLED' });
    const left = await shown(stopped);
    expect(left).toMatchObject([{ action: 'CREATE', contactName: 'X', applied: false }]);
    await Promise.all([keepLeftPlans(syncing.pool), keepLeftPlans(syncing.pool)]);
    expect(await shown(stopped)).toEqual(left);
    expect(await syncing.rows('SELECT FROM plan_row')).toEqual([]);
  });
});
