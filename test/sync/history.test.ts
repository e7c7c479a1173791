import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { anna, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

describe('the history of a contact', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  let connection: string;

  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill([unit, somebody('ada'), somebody('bob')]);
    syncing = await service.workspace();
    const mappings = [
      map('DISPLAY_NAME', 'displayName'),
      map('PRIMARY_EMAIL', 'mail'),
      map('PORTAL_ACCESS', '', { attributes: [], value: 'TRUE' }),
    ];
    connection = await syncing.createConnection(slapd, { mappings, removal: removal() });
    await syncing.sync(connection);
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  type Row = Record<string, unknown> & { state_before: Record<string, unknown> | null; before: object | null };
  const historyOf = async (name: string): Promise<Row[]> => {
    const [contact] = (await syncing.contacts()).filter(({ display_name }) => display_name === name);
    return historyOfId(String(contact?.id));
  };
  const historyOfId = (id: string): Promise<Row[]> =>
    syncing.rows<Row>(
      `SELECT *, to_jsonb(before) AS before, to_jsonb(state_before) AS state_before, to_jsonb(links_before) AS links_before
       FROM contact_change WHERE contact_id = $1 ORDER BY change_set, position`,
      [id],
    );
  const without = (uid: string, change: Parameters<typeof removal>[0] = {}) =>
    syncing.edit(connection, { scope: scopeOf({ filter: `(!(uid=${uid}))` }), removal: removal(change) });

  test('has the state before and after each change: values, status, link, portal access, versions', async () => {
    await slapd.modify(dn('ada'), { displayName: 'Countess' });
    const updated = await syncing.sync(connection);
    await without('ada');
    const gone = await syncing.sync(connection);
    await syncing.edit(connection, { scope: scopeOf() });
    const back = await syncing.sync(connection);
    const [created, ...later] = await historyOf('Countess');
    const link = { connection_id: connection, person: dn('ada') };
    expect(created).toMatchObject({
      action: 'CREATE',
      before: null,
      state_before: null,
      links_before: null,
      ...link,
      display_name: 'ADA',
      portal_access: true,
      status: 'ACTIVE',
      contact_version: 1,
      made_by: null,
    });
    expect(later).toMatchObject([
      {
        change_set: updated.id,
        action: 'UPDATE',
        before: { DISPLAY_NAME: 'ADA', PORTAL_ACCESS: true },
        display_name: 'Countess',
        contact_version: 2,
        state_before: { status: 'ACTIVE', locked_fields: [], portal_access_before: null, removal_due_at: null },
        links_before: [{ ...link, external_id: created?.person_id, fills_id: created?.fills_id, gone_since: null }],
      },
      {
        change_set: gone.id,
        action: 'DEACTIVATE',
        before: { DISPLAY_NAME: 'Countess', PORTAL_ACCESS: true },
        status: 'INACTIVE',
        portal_access_before: true,
        contact_version: 3,
        state_before: { status: 'ACTIVE' },
        links_before: [{ ...link, gone_since: null }],
      },
      {
        change_set: back.id,
        action: 'REACTIVATE',
        before: { DISPLAY_NAME: 'Countess' },
        portal_access: true,
        status: 'ACTIVE',
        portal_access_before: null,
        gone_since: null,
        contact_version: 4,
        state_before: { status: 'INACTIVE', portal_access_before: true },
      },
    ]);
    const [contact] = (await syncing.contacts()).filter(({ display_name }) => display_name === 'Countess');
    expect(contact).toMatchObject({ version: 4, status: 'ACTIVE', portal_access: true, portal_access_before: null });
  });

  test('shows a removal that is due later, one that is called off, and a person who came back in time', async () => {
    const soon = { graceDays: 7 };
    await without('ada', soon);
    await syncing.sync(connection);
    await syncing.edit(connection, { scope: scopeOf() });
    await syncing.sync(connection);
    await without('bob', soon);
    await syncing.sync(connection);
    // A person who is skipped because of their data is still present.
    await slapd.modify(dn('bob'), { mail: 'none' });
    await syncing.edit(connection, { scope: scopeOf() });
    await syncing.sync(connection);
    for (const name of ['ADA', 'BOB']) {
      const dates = (await historyOf(name))
        .filter(({ action }) => action === 'NONE')
        .map(({ removal_due_at, state_before, contact_version, gone_since }) => [
          removal_due_at !== null,
          state_before?.removal_due_at !== null,
          contact_version,
          gone_since !== null,
        ]);
      expect([name, dates]).toEqual([
        name,
        [
          [true, false, 2, true],
          [false, true, 3, false],
        ],
      ]);
    }
    const contacts = await syncing.contacts();
    expect(contacts).toMatchObject([
      { display_name: 'ADA', removal_due_at: null, version: 3 },
      { display_name: 'BOB', removal_due_at: null, version: 3 },
    ]);
  });

  test('has all links of a deleted contact', async () => {
    const other = await syncing.createConnection(slapd, { removal: removal() });
    await syncing.sync(other);
    await slapd.delete(dn('ada'));
    await syncing.sync(other);
    await syncing.edit(connection, { removal: removal({ action: 'DELETE' }) });
    const [contact] = await syncing.contacts();
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ deleted: 1 });
    const last = (await historyOfId(String(contact?.id))).at(-1);
    expect(last).toMatchObject({ action: 'DELETE', status: null, contact_version: null, links_before: [{}, {}] });
  });

  test.each(['KEEP', 'DEACTIVATE', 'DELETE'] as const)(
    'tells who deleted the connection that fed it, and what became of it (%s)',
    async (choice) => {
      await without('ada', { graceDays: 7 });
      await syncing.sync(connection);
      const contacts = await syncing.contacts();
      await syncing.workspace.deleteConnection(connection, choice, anna);
      const changes = await syncing.rows(
        `SELECT *, to_jsonb(before) AS before, to_jsonb(state_before) AS state_before, to_jsonb(links_before) AS links_before
         FROM contact_change WHERE made_by IS NOT NULL ORDER BY contact_name`,
      );
      const of = (name: string) => contacts.find(({ display_name }) => display_name === name);
      const expected = (name: string) => ({
        action: choice === 'KEEP' ? 'NONE' : choice,
        made_by: anna,
        contact_id: of(name)?.id,
        contact_name: name,
        person: dn(name.toLowerCase()),
        connection_id: null,
        before: { DISPLAY_NAME: name, PORTAL_ACCESS: true },
        state_before: { status: 'ACTIVE' },
        removal_due_at: null,
        contact_version: choice === 'DELETE' ? null : Number(of(name)?.version) + 1,
        links_before: [{ connection_id: connection, contact_id: of(name)?.id }],
      });
      expect(changes).toMatchObject(choice === 'KEEP' ? [expected('ADA')] : [expected('ADA'), expected('BOB')]);
      const left = await syncing.contacts();
      expect(left.map(({ status, version }) => [status, version])).toEqual(
        choice === 'DELETE'
          ? []
          : choice === 'KEEP'
            ? [
                ['ACTIVE', 3],
                ['ACTIVE', 1],
              ]
            : [
                ['INACTIVE', 3],
                ['INACTIVE', 2],
              ],
      );
    },
  );
});
