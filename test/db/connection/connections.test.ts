import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { WorkspaceStore } from '../../../src/core/store.ts';
import { inTransaction } from '../../../src/db/in-transaction.ts';
import { setContactSyncEnabled } from '../../../src/db/run/life/cancel-run.ts';
import { readSecrets } from '../../../src/db/secrets/connection-secrets.ts';
import { insertContacts, insertLinks } from '../support/insert-rows.ts';
import { connectionEdit, member, openRig, type Rig } from '../support/open-rig.ts';

let rig: Rig;
let workspaceId: string;
let store: WorkspaceStore;

beforeAll(async () => {
  rig = await openRig();
  ({ id: workspaceId, store } = await rig.workspace());
});

afterAll(() => rig?.close());

const secretOf = async (id: string) =>
  (await readSecrets(rig.database.syncPool, rig.sealer.open, workspaceId, await versionOf(id))).bindPassword ?? null;
const versionOf = async (id: string) => ({ id, version: (await store.connectionsByIds([id]))[0]?.version ?? 0 });

const turn = (on: boolean) =>
  inTransaction(rig.database.syncPool, (client) =>
    setContactSyncEnabled(client, workspaceId, on, { kind: 'SERVICE', id: null, name: 'Test' }),
  );

describe('a workspace', () => {
  test('is set up when it is admitted, and takes over a changed name and time zone', async () => {
    expect(await store.workspace()).toEqual({
      id: workspaceId,
      name: 'Acme',
      timeZone: 'Europe/Berlin',
      contactSyncEnabled: true,
    });
    await turn(false);
    await rig.store.admitWorkspace({ id: workspaceId, name: 'Acme AG', timeZone: 'UTC' });
    expect(await store.workspace()).toEqual({
      id: workspaceId,
      name: 'Acme AG',
      timeZone: 'UTC',
      contactSyncEnabled: false,
    });
    await turn(true);
  });

  test('admitted by several at once is one', async () => {
    const other = await rig.workspace();
    await Promise.all(['A', 'B', 'C'].map((name) => rig.store.admitWorkspace({ id: other.id, name, timeZone: 'UTC' })));
    expect((await other.store.workspace()).timeZone).toBe('UTC');
  });
});

describe('saving a connection', () => {
  test('gives it back as saved, with its password sealed', async () => {
    const edit = connectionEdit({ schedule: { cron: '0 * * * *', timeZone: 'UTC' }, description: 'x' });
    const saved = await store.createConnection(edit, { bindPassword: 'hunter2' }, member);
    expect(saved).toMatchObject({ ...edit, workspaceId, version: 1, secretNames: ['bindPassword'], createdBy: member });
    expect(await store.connectionsByIds([saved.id, 'no-uuid'])).toEqual([saved]);
    expect(await secretOf(saved.id)).toBe('hunter2');
    const { rows } = await rig.database.syncPool.query('SELECT * FROM connection_secret WHERE connection_id = $1', [
      saved.id,
    ]);
    expect(JSON.stringify(rows) + rows[0].sealed.toString('latin1')).not.toContain('hunter2');
    expect(await (await rig.workspace()).store.connectionsByIds([saved.id])).toEqual([]);
  });

  test('again raises the version by one if something differs, and not otherwise', async () => {
    const { id } = await store.createConnection(connectionEdit(), { bindPassword: 'one' }, member);
    const same = await store.updateConnection(id, null, (current) => ({ edit: { ...current } }));
    expect(same?.version).toBe(1);
    const renamed = await store.updateConnection(id, 1, (current) => ({ edit: { ...current, name: 'Élan' } }));
    expect(renamed).toMatchObject({ version: 2, name: 'Élan', secretNames: ['bindPassword'] });
    const sameSecret = await store.updateConnection(id, null, (edit) => ({ edit, secrets: { bindPassword: 'one' } }));
    expect(sameSecret?.version).toBe(2);
    const otherSecret = await store.updateConnection(id, null, (edit) => ({ edit, secrets: { bindPassword: 'two' } }));
    expect([otherSecret?.version, await secretOf(id)]).toEqual([3, 'two']);
    const without = await store.updateConnection(id, null, (edit) => ({ edit, secrets: { bindPassword: null } }));
    expect([without?.version, without?.secretNames, await secretOf(id)]).toEqual([4, [], null]);
  });

  test('keeps each secret under its own name, and keeps those that an edit does not name', async () => {
    const { id } = await store.createConnection(connectionEdit(), { token: 'one', key: 'two', none: null }, member);
    const stored = async () => readSecrets(rig.database.syncPool, rig.sealer.open, workspaceId, await versionOf(id));
    expect(await stored()).toEqual({ token: 'one', key: 'two' });
    const edited = await store.updateConnection(id, null, (edit) => ({ edit, secrets: { token: 'new' } }));
    expect(edited).toMatchObject({ version: 2, secretNames: ['key', 'token'] });
    expect(await stored()).toEqual({ token: 'new', key: 'two' });
    const without = await store.updateConnection(id, null, (edit) => ({ edit, secrets: { key: null } }));
    expect(without).toMatchObject({ version: 3, secretNames: ['token'] });
    expect(await stored()).toEqual({ token: 'new' });
  });

  test('of an old version is a CONFLICT with the current one, and nothing is saved', async () => {
    const { id } = await store.createConnection(connectionEdit(), { bindPassword: null }, member);
    await store.updateConnection(id, 1, (edit) => ({ edit: { ...edit, name: 'Two' } }));
    await expect(store.updateConnection(id, 1, (edit) => ({ edit: { ...edit, name: 'Three' } }))).rejects.toMatchObject(
      {
        code: 'CONFLICT',
        details: { currentVersion: 2 },
      },
    );
    expect((await store.connectionsByIds([id]))[0]?.name).toBe('Two');
  });

  test('throws what the change throws, and saves nothing', async () => {
    const { id } = await store.createConnection(connectionEdit(), { bindPassword: null }, member);
    await expect(
      store.updateConnection(id, null, () => {
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect((await store.connectionsByIds([id]))[0]?.version).toBe(1);
  });

  test('that is unknown, foreign or malformed yields null', async () => {
    const { id } = await store.createConnection(connectionEdit(), { bindPassword: null }, member);
    const change = (edit: Parameters<Parameters<WorkspaceStore['updateConnection']>[2]>[0]) => ({ edit });
    expect(await (await rig.workspace()).store.updateConnection(id, null, change)).toBeNull();
    expect(await store.updateConnection('no-uuid', null, change)).toBeNull();
    expect(await store.deleteConnection('no-uuid', 'KEEP', member)).toBe(false);
    expect(await (await rig.workspace()).store.deleteConnection(id, 'KEEP', member)).toBe(false);
  });

  test('by two at once counts both edits', async () => {
    const { id } = await store.createConnection(connectionEdit({ description: '' }), { bindPassword: null }, member);
    await Promise.all(
      ['a', 'b', 'c'].map((letter) =>
        store.updateConnection(id, null, (edit) => ({ edit: { ...edit, description: edit.description + letter } })),
      ),
    );
    const [saved] = await store.connectionsByIds([id]);
    expect([saved?.version, [...(saved?.description ?? '')].sort().join('')]).toEqual([4, 'abc']);
  });

  test('with another priority makes the connections that share its contacts check them again', async () => {
    const pool = rig.database.syncPool;
    const create = () => store.createConnection(connectionEdit(), { bindPassword: null }, member);
    const [own, other] = [await create(), await create()];
    const [shared = '', alone = ''] = await insertContacts(pool, workspaceId, [
      { DISPLAY_NAME: 'S' },
      { DISPLAY_NAME: 'A' },
    ]);
    await insertLinks(pool, workspaceId, own.id, [{ contactId: shared }, { contactId: alone }]);
    await insertLinks(pool, workspaceId, other.id, [{ contactId: shared }]);
    const again = async () => {
      const { rows } = await pool.query(
        'SELECT contact_id FROM contact_link WHERE workspace_id = $1 AND hash IS NULL',
        [workspaceId],
      );
      return rows.map((row) => row.contact_id);
    };
    await store.updateConnection(own.id, null, (edit) => ({ edit: { ...edit, description: 'other' } }));
    expect(await again()).toEqual([]);
    await store.updateConnection(own.id, null, (edit) => ({ edit: { ...edit, priority: 1 } }));
    expect(await again()).toEqual([shared, shared]);
  });
});

describe('connections', () => {
  let list: WorkspaceStore;
  const names = ['zebra', 'Ångström', 'Angst', 'Beta Gmbh', 'émile'];

  beforeAll(async () => {
    list = (await rig.workspace()).store;
    for (const name of names) {
      const edit = connectionEdit({
        name,
        description: name === 'zebra' ? 'The herd of 100%' : '',
        status: name === 'Angst' ? 'DRAFT' : 'ENABLED',
        kind: name === 'émile' ? 'ACTIVE_DIRECTORY' : 'LDAP',
      });
      await list.createConnection(edit, { bindPassword: null }, member);
    }
  });

  const none = { search: null, status: null, kind: null };

  test('come by name as people expect, over pages of every size', async () => {
    for (let first = 1; first <= 5; first++) {
      const found: string[] = [];
      let after: string | null = null;
      for (let more = true; more; ) {
        const page = await list.connectionsPage(none, { first, after });
        found.push(...page.nodes.map(({ name }) => name));
        expect(await page.totalCount()).toBe(5);
        ({ hasNextPage: more, endCursor: after } = page);
      }
      expect(found).toEqual(['Angst', 'Ångström', 'Beta Gmbh', 'émile', 'zebra']);
    }
  });

  test.each([
    [{ search: 'ANG' }, ['Angst', 'Ångström']],
    [{ search: 'emile' }, ['émile']],
    [{ search: 'herd zebra' }, ['zebra']],
    [{ search: '100%' }, ['zebra']],
    [{ search: 'draft' }, ['Angst']],
    [{ search: 'active directory' }, ['émile']],
    [{ search: ' ' }, ['Angst', 'Ångström', 'Beta Gmbh', 'émile', 'zebra']],
    [{ status: 'DRAFT' } as const, ['Angst']],
    [{ kind: 'ACTIVE_DIRECTORY' } as const, ['émile']],
    [{ search: 'nothing' }, []],
  ])('with %p are %p', async (filter, expected) => {
    const page = await list.connectionsPage({ ...none, ...filter }, { first: 50, after: null });
    expect(page.nodes.map(({ name }) => name)).toEqual(expected);
    expect(await page.totalCount()).toBe(expected.length);
  });

  test('have their contacts counted in one statement: active ones that they feed', async () => {
    const { id, store: own } = await rig.workspace();
    const pool = rig.database.syncPool;
    const [one, two] = [
      await own.createConnection(connectionEdit(), { bindPassword: null }, member),
      await own.createConnection(connectionEdit(), { bindPassword: null }, member),
    ];
    const [a = '', b = '', c = ''] = await insertContacts(pool, id, [
      { DISPLAY_NAME: 'A' },
      { DISPLAY_NAME: 'B', status: 'INACTIVE' },
      { DISPLAY_NAME: 'C' },
    ]);
    await insertLinks(pool, id, one.id, [{ contactId: a }, { contactId: b }, { contactId: c, goneSince: new Date() }]);
    rig.statements.length = 0;
    expect(await own.contactCountsOf([one.id, two.id, 'no-uuid'])).toEqual(new Map([[one.id, 1]]));
    expect(rig.statements.filter((sql) => sql.includes('count(*)'))).toHaveLength(1);
  });
});
