import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { anna, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dice, dn, map, removal, somebody, unit } from './small-directory.ts';

describe('a run that reverts another one', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;

  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill([unit, somebody('ada'), somebody('bob'), somebody('cleo')]);
    syncing = await service.workspace();
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  const mappings = [
    map('DISPLAY_NAME', 'displayName'),
    map('PRIMARY_EMAIL', 'mail'),
    map('CITY', 'l'),
    map('PORTAL_ACCESS', '', { attributes: [], value: 'TRUE' }),
  ];
  const connect = (changes: Parameters<Syncing['createConnection']>[1] = {}) =>
    syncing.createConnection(slapd, { mappings, removal: removal(), ...changes });

  /** The tables, without columns that only record that something happened. */
  const tables = async () => ({
    contacts: await syncing.rows(
      `SELECT to_jsonb(contact) - ARRAY['version', 'updated_at', 'changed_xid'] AS contact FROM contact ORDER BY id`,
    ),
    links: await syncing.rows(
      `SELECT to_jsonb(contact_link) - ARRAY['hash', 'recheck'] AS link FROM contact_link ORDER BY connection_id, external_id`,
    ),
  });
  /** A run also renews links of people whose contacts it leaves as they are. Nothing of that is in the history. */
  const expectSame = async (before: Awaited<ReturnType<typeof tables>>, runId: string) => {
    const changed = await syncing.rows<{ contact_id: string }>(
      `SELECT contact_id FROM contact_change WHERE change_set = $1 AND outcome IS NULL AND action <> 'SKIP'`,
      [runId],
    );
    const ids = new Set(changed.map(({ contact_id }) => contact_id));
    const told = ({ contacts, links }: typeof before) => ({
      contacts,
      links: links.map(({ link }) =>
        ids.has((link as { contact_id: string }).contact_id)
          ? link
          : { ...(link as object), last_seen_at: null, fills_id: null },
      ),
    });
    expect(told(await tables())).toEqual(told(before));
  };
  const nameOf = (runId: string) => syncing.run(runId);
  const idOf = async (name: string): Promise<string> => {
    const [row] = await syncing.rows<{ id: string }>('SELECT id FROM contact WHERE display_name = $1', [name]);
    return row?.id ?? '';
  };
  const changeOf = async (runId: string, contactId: string): Promise<number> => {
    const [row] = await syncing.rows<{ position: string }>(
      'SELECT position FROM contact_change WHERE change_set = $1 AND contact_id = $2',
      [runId, contactId],
    );
    return Number(row?.position ?? -1);
  };

  test('deletes created contacts, is held by the limit of removals, and can itself be reverted', async () => {
    const connection = await connect({ removal: removal({ maxPercent: 10 }) });
    const first = await syncing.sync(connection);
    const after = await tables();
    const held = await syncing.carryOut(await syncing.startRevert(first.id));
    expect(held).toMatchObject({ status: 'HELD', mode: 'REVERT', trigger: 'REVERT', counts: { deleted: 3 } });
    expect(held.holdReasons).toEqual(['3 of 3 contacts would be deactivated or deleted; the limit is 10 %.']);
    const back = await syncing.approve(held.id);
    expect(back).toMatchObject({ status: 'SUCCEEDED', counts: { deleted: 3, skipped: 0 } });
    expect(await tables()).toEqual({ contacts: [], links: [] });
    expect((await syncing.log(held.id)).filter(({ level }) => level === 'DEBUG').map(({ message }) => message)).toEqual(
      ['Deleted: ADA (taken back)', 'Deleted: BOB (taken back)', 'Deleted: CLEO (taken back)'],
    );
    await syncing.revert(back.id);
    expect(await tables()).toEqual(after);
    // The revert itself is reverted: the contacts are again as the first run left them.
    await syncing.revert(first.id);
    expect(await tables()).toEqual({ contacts: [], links: [] });
  });

  test('restores values, exchanged addresses, and removed and deleted contacts, with the same ids', async () => {
    const connection = await connect({ removal: removal({ action: 'DELETE' }) });
    await syncing.sync(connection);
    const before = await tables();
    await slapd.modify(dn('ada'), { mail: 'bob@example.org', l: 'Rome' });
    await slapd.modify(dn('bob'), { mail: 'ada@example.org' });
    await syncing.edit(connection, { scope: scopeOf({ filter: '(!(uid=cleo))' }) });
    const run = await syncing.sync(connection);
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 2, deleted: 1 } });
    const back = await syncing.revert(run.id);
    expect(back).toMatchObject({ status: 'SUCCEEDED', counts: { created: 1, updated: 2, skipped: 0, failed: 0 } });
    expect(await tables()).toEqual(before);
  });

  test('skips contacts that have changed since, and says why', async () => {
    const connection = await connect();
    const run = await syncing.sync(connection);
    const ada = await idOf('ADA');
    const lock = (current: { status: 'ACTIVE' | 'INACTIVE'; values: object }) => ({
      ...current,
      lockedFields: ['CITY' as const],
    });
    await syncing.workspace.updateContact(ada, null, lock, anna);
    const back = await syncing.revert(run.id);
    expect(back).toMatchObject({ status: 'SUCCEEDED', counts: { deleted: 2, skipped: 1 } });
    const warned = (await syncing.log(back.id)).filter(({ code }) => code === 'CHANGED_SINCE');
    expect(warned.map(({ level, message, contactId }) => [level, message, contactId])).toEqual([
      ['WARN', 'Skipped ADA: the contact has been updated since, by Anna Berg', ada],
    ]);
  });

  test('is not undone by the next run, which is held until a person approves it', async () => {
    const connection = await connect();
    await syncing.sync(connection);
    await slapd.modify(dn('ada'), { l: 'Rome' });
    const run = await syncing.sync(connection);
    await syncing.revert(run.id);
    for (let again = 0; again < 2; again++) {
      const next = await syncing.sync(connection);
      expect(next).toMatchObject({
        status: 'HELD',
        holdReasons: ['It would do again 1 change that was taken back: 1 UPDATE.'],
      });
      await syncing.reject(next.id);
    }
    const { id } = await syncing.sync(connection);
    expect(await syncing.approve(id)).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 1 } });
    expect(await syncing.sync(connection)).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 0 } });
  });

  test('continues where it was when its worker or the database dies in the middle', async () => {
    await slapd.refill([unit, ...Array.from({ length: 60 }, (_, i) => somebody(`p${i}`))]);
    const connection = await connect();
    const run = await syncing.sync(connection);
    const after = await tables();
    const reverted = await syncing.revert(run.id);
    const id = await syncing.startRevert(reverted.id);
    await syncing.carryOut(id, AbortSignal.timeout(1));
    if ((await syncing.run(id)).finishedAt === null) await syncing.carryOut(id);
    expect(await tables()).toEqual(after);
    const claimed = await syncing.claim(await syncing.startRevert(run.id));
    const first = syncing.store.open(claimed);
    await first.begin({ level: 'INFO', code: 'RUN_STARTED', message: '' });
    await first.report({ event: 'CONNECTED' });
    await first.planRevert(async () => {});
    await first.report({ event: 'READ' });
    await first.reportPlan({ event: 'CHECKED', counts: {} }, null);
    // The state after a crash of the server, when a part was applied: the plan is gone.
    await service.pool.query('DELETE FROM plan_row WHERE run_id = $1 AND position > 30', [claimed.run.id]);
    await first.planRows();
    await first.apply(() => ({ progress: 0, lines: [] }), new AbortController().signal);
    await service.pool.query(`UPDATE server_memory SET token = gen_random_uuid()`);
    const ended = await syncing.carryOut(claimed.run.id);
    const done = ended.status === 'HELD' ? await syncing.approve(ended.id) : ended;
    expect(done).toMatchObject({ status: 'SUCCEEDED', counts: { deleted: 60, skipped: 0 } });
    expect(await tables()).toEqual({ contacts: [], links: [] });
  });

  test('a run that was taken back in part is taken back for the rest, and nothing of the first part is told as changed', async () => {
    await slapd.refill([unit, ...Array.from({ length: 20 }, (_, i) => somebody(`p${i}`))]);
    const connection = await connect();
    const created = await syncing.sync(connection);
    for (let i = 0; i < 20; i++) await slapd.modify(dn(`p${i}`), { l: 'Rome' });
    const updated = await syncing.sync(connection);
    for (const { id, counts } of [
      { id: updated.id, counts: { updated: 12, deleted: 0 } },
      { id: created.id, counts: { updated: 0, deleted: 12 } },
    ]) {
      const part = await syncing.claim(await syncing.startRevert(id));
      const run = syncing.store.open(part);
      await run.begin({ level: 'INFO', code: 'RUN_STARTED', message: '' });
      await run.report({ event: 'CONNECTED' });
      await run.planRevert(async () => {});
      await run.report({ event: 'READ' });
      await run.reportPlan({ event: 'CHECKED', counts: {} }, null);
      await service.pool.query(
        'DELETE FROM plan_row WHERE run_id = $1 AND position > (SELECT min(position) + 7 FROM plan_row WHERE run_id = $1)',
        [part.run.id],
      );
      await run.planRows();
      await run.apply(() => ({ progress: 0, lines: [] }), new AbortController().signal);
      await syncing.runStore.end(part, { status: 'CANCELLED' });
      const rest = await syncing.revert(id);
      expect(rest).toMatchObject({ status: 'SUCCEEDED', counts: { read: 12, skipped: 0, ...counts } });
    }
    expect(await tables()).toEqual({ contacts: [], links: [] });
  });

  test('is refused for runs that have not ended, changed nothing, or are already reverted', async () => {
    const connection = await connect();
    const refused = async (id: string) => (await syncing.runStore.startRevert(syncing.workspaceId, id, anna)).kind;
    const dry = await syncing.sync(connection, { dryRun: true });
    expect(await refused(dry.id)).toBe('nothing');
    const run = await syncing.sync(connection);
    const open = await syncing.start(connection, { dryRun: true });
    expect(await refused(open)).toBe('not_ended');
    expect(await refused(run.id)).toBe('busy');
    await syncing.carryOut(open);
    await syncing.revert(run.id);
    expect(await refused(run.id)).toBe('already');
    await syncing.rows('DELETE FROM contact_change WHERE change_set = $1', [run.id]);
    expect(await refused(run.id)).toBe('history_gone');
    expect(await refused(syncing.workspaceId)).toBe('unknown');
    await syncing.workspace.deleteConnection(connection, 'KEEP', anna);
    expect(await nameOf(run.id)).toMatchObject({ connectionId: null });
  });

  test('reverts single changes of runs and people at once, only once, and only while nothing else has changed', async () => {
    const connection = await connect({ removal: removal({ action: 'DELETE' }) });
    const created = await syncing.sync(connection);
    const before = await tables();
    const [ada, bob] = [await idOf('ADA'), await idOf('BOB')];
    const { workspace } = syncing;
    await syncing.edit(connection, { scope: scopeOf({ filter: '(!(uid=ada))' }) });
    const run = await syncing.sync(connection);
    const place = [run.id, await changeOf(run.id, ada)] as const;
    const both = await Promise.all([workspace.revertChange(...place, anna), workspace.revertChange(...place, anna)]);
    expect(both.map((one) => one?.kind).sort()).toEqual(['changed', 'saved']);
    expect(await tables()).toEqual(before);
    expect(await syncing.sync(connection)).toMatchObject({ status: 'HELD' });

    await workspace.deleteContacts([bob], anna);
    const [deletion] = await syncing.rows<{ change_set: string }>(
      `SELECT change_set FROM contact_change WHERE contact_id = $1 AND action = 'DELETE'`,
      [bob],
    );
    const restored = await workspace.revertChange(deletion?.change_set ?? '', 1, anna);
    expect(restored).toMatchObject({ kind: 'saved', contact: { id: bob } });
    expect(await tables()).toEqual(before);

    const gone = await workspace.revertChange(created.id, await changeOf(created.id, bob), anna);
    expect(gone).toEqual({ kind: 'saved', contact: null, left: [] });
    expect(await workspace.revertChange(created.id, await changeOf(created.id, bob), anna)).toEqual({
      kind: 'changed',
      reason: 'the contact has been deleted since, by Anna Berg',
    });
    expect(await workspace.revertChange(created.id, 1, anna)).toBeNull();
  });

  const cities = ['Rome', 'Oslo', 'Paris'];
  test.each([1, 2, 3])(
    'brings the tables back as they were before each run of a random directory (%i)',
    async (seed) => {
      const roll = dice(seed * 7919);
      const one = <T>(of: readonly T[]): T => of[roll(of.length)] as T;
      const policies = [
        removal(),
        removal({ action: 'DELETE' }),
        removal({ graceDays: 5 }),
        removal({ action: 'DELETE', graceDays: 3 }),
        removal({ action: 'KEEP' }),
      ];
      const away = ['employeeType', 'title'];
      const connections = await Promise.all(
        away.map((attribute) =>
          connect({ scope: scopeOf({ filter: `(!(${attribute}=away))` }), removal: one(policies) }),
        ),
      );
      let born = 0;
      const people: string[] = ['ada', 'bob', 'cleo'];
      const addresses = Array.from({ length: 12 }, (_, i) => `box${i}@example.org`);
      for (let round = 0; round < 12; round++) {
        for (let i = 2 + roll(5); i > 0; i--) {
          const uid = one(people);
          const what = roll(6);
          const put = (name: string, value: string | null) => slapd.modify(dn(uid), { [name]: value ?? [] });
          if (what === 0) {
            const id = `r${born++}`;
            people.push(id);
            const { attributes } = somebody(id, { mail: one(addresses) });
            await slapd.add(dn(id), attributes);
          } else if (what === 1) await put('l', one(cities));
          else if (what === 2) await put('mail', one(addresses));
          else if (what === 3) await put('displayName', `Name ${roll(9)}`);
          else await put(one(away), roll(2) === 0 ? 'away' : null);
        }
        if (roll(3) === 0)
          await syncing.rows(
            `UPDATE contact_link SET gone_since = gone_since - interval '4 days' WHERE gone_since IS NOT NULL`,
          );
        const connection = one(connections);
        const finish = async () => {
          const run = await syncing.sync(connection);
          return run.status === 'HELD' ? syncing.approve(run.id) : run;
        };
        const before = await tables();
        const run = await finish();
        const after = await tables();
        const [applied] = await syncing.rows(
          `SELECT FROM contact_change WHERE change_set = $1 AND outcome IS NULL AND action <> 'SKIP'`,
          [run.id],
        );
        if (applied === undefined) continue;
        const back = await syncing.revert(run.id);
        expect(back).toMatchObject({ status: 'SUCCEEDED', counts: { skipped: 0, failed: 0 } });
        await expectSame(before, run.id);
        if (roll(3) === 0) continue;
        const redone = await syncing.revert(back.id);
        expect(redone).toMatchObject({ status: 'SUCCEEDED', counts: { skipped: 0, failed: 0 } });
        await expectSame(after, run.id);
      }
    },
  );
});
