import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { fileTime } from '../../src/sync/source/ldap/account-flags.ts';
import { ldapSettings, readEverybody } from '../support/ldap-reading.ts';
import { image } from '../support/photos.ts';
import { describeSamba, installMs, type Samba, sambaPerson, startSamba } from '../support/samba.ts';
import { defaultMappings, defaultScope } from '../support/source-defaults.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { removal } from './small-directory.ts';
import { openForetelling } from './support/foretold.ts';

/** `INCREMENTAL, told`: the bind account may see deleted entries, so the server tells all that was touched. */
type Mode = 'FULL' | 'INCREMENTAL' | 'INCREMENTAL, told';

describeSamba("runs on a domain controller of Samba's", () => {
  let dc: Samba;
  let service: SyncService;
  let places = 0;

  beforeAll(async () => {
    [dc, service] = await Promise.all([startSamba(), openSyncing()]);
  }, installMs);
  afterAll(async () => {
    await service?.close();
    await dc?.close();
  });

  /** An OU for one test, and a workspace with a connection that reads it. */
  async function setUp(options: { baseDns?: string[]; mode?: Mode; photo?: boolean } = {}) {
    const people = `OU=place ${++places},DC=example,DC=test`;
    await dc.add(people, { objectClass: 'organizationalUnit' });
    const syncing = await service.workspace();
    const { mode = 'FULL' } = options;
    const account = mode !== 'INCREMENTAL, told' ? {} : { bindDn: dc.adminDn, bindPassword: dc.adminPassword };
    const connection = await syncing.createConnection(
      { ...dc, ...account },
      {
        kind: 'ACTIVE_DIRECTORY',
        mappings: defaultMappings('ACTIVE_DIRECTORY'),
        source: { baseDns: options.baseDns ?? [people] },
        removal: removal(),
        photo: options.photo ?? false,
      },
    );
    const add = async (name: string, attributes: Parameters<typeof sambaPerson>[2] = {}, parent = people) => {
      const { dn, attributes: all } = sambaPerson(name, parent, attributes);
      await dc.add(dn, { ...all, sAMAccountName: `${name.replaceAll(' ', '.')}${places}` });
      return dn;
    };
    let runs = 0;
    const asked = mode === 'FULL' ? mode : 'INCREMENTAL';
    const sync = async () => {
      const run = await syncing.sync(connection, { mode: asked });
      // The first run has nothing to continue from.
      if (runs++ > 0) expect(run.mode).toBe(asked);
      return run;
    };
    return { people, syncing, connection, add, sync };
  }

  const told = expect.stringContaining('which entries have been touched');
  const ids = async (syncing: Syncing) =>
    Object.fromEntries((await syncing.contacts()).map(({ display_name, id }) => [display_name, id]));
  const statuses = async (syncing: Syncing) =>
    Object.fromEntries((await syncing.contacts()).map(({ display_name, status }) => [display_name, status]));
  const loud = async (syncing: Syncing, runId: string) =>
    (await syncing.log(runId)).filter(({ level }) => level === 'WARN' || level === 'ERROR');

  test("a person's id is the objectGUID as the tools of the server write it", async () => {
    const { people, add } = await setUp();
    await add('Ada Lovelace');
    const { entries } = await readEverybody(ldapSettings(dc, { baseDns: [people] }), { password: dc.bindPassword });
    const shown = await dc.tool(['user', 'show', `Ada.Lovelace${places}`, '--attributes=objectGUID']);
    expect(entries.map(({ id }) => id)).toEqual([/^objectGUID: (.*)$/m.exec(shown)?.[1]]);
  });

  test('a person is found by objectGUID or login and explained, with the way through groups within groups', async () => {
    const { people, syncing, connection, add } = await setUp();
    const [ada, off] = [await add('Ada'), await add('Off', { userAccountControl: '546' })];
    const [inner, outer] = [`CN=inner${places},${people}`, `CN=outer${places},${people}`];
    for (const [dn, member] of [
      [inner, ada],
      [outer, inner],
    ] as const)
      await dc.add(dn, { objectClass: 'group', sAMAccountName: dn.slice(3, dn.indexOf(',')), member });
    await syncing.edit(connection, {
      scope: { ...defaultScope('ACTIVE_DIRECTORY'), groups: [outer], nestedGroups: true },
    });
    const foretelling = openForetelling(service);
    const { person, steps, included } = await foretelling.explain(syncing, connection, `ada${places}`);
    expect({ included, person }).toMatchObject({ included: true, person: { dn: ada, action: 'CREATE' } });
    expect(steps).toContainEqual({
      step: 'Groups',
      passed: true,
      detail: `In a group of the scope: "${inner}" in "${outer}", which the scope names.`,
    });
    const byId = await foretelling.explain(syncing, connection, person?.id ?? '');
    expect(byId).toMatchObject({ found: true, person: { dn: ada } });
    const disabled = await foretelling.explain(syncing, connection, off);
    expect(disabled).toMatchObject({ found: true, included: false, person: { action: 'NONE' } });
    expect(disabled.steps).toContainEqual(expect.objectContaining({ step: 'Enabled', passed: false }));
    expect(disabled.steps).toContainEqual(expect.objectContaining({ step: 'Groups', passed: false }));
    expect(await foretelling.preview(syncing, connection)).toMatchObject({
      included: 1,
      excluded: { NOT_IN_GROUP: 1 },
    });
    await foretelling.close();
  });

  test('only people with another uSNChanged are read again, and people who are left out stay out', async () => {
    const { people, syncing, connection, add, sync } = await setUp({ mode: 'INCREMENTAL' });
    const [ada, bob] = [await add('Ada'), await add('Bob')];
    await add('Disabled', { userAccountControl: '546' });
    expect(await sync()).toMatchObject({ mode: 'FULL' });
    await dc.modify(ada, { l: 'Ulm' });
    await dc.rename(bob, 'CN=Robert', people);
    await add('Cleo');
    const full = await syncing.sync(connection, { mode: 'FULL', dryRun: true });
    const run = await sync();
    expect(run).toMatchObject({ mode: 'INCREMENTAL', counts: { created: 1, updated: 2, unchanged: 0 } });
    expect([run.counts, run.excluded]).toEqual([full.counts, full.excluded]);
    const [{ place } = { place: null }] = await syncing.rows<{ place: unknown }>(
      `SELECT read_cursor#>'{from,cursor,place}' AS place FROM connection`,
    );
    expect(place).toMatchObject({ controller: expect.stringMatching(/^CN=NTDS Settings,/), usn: expect.any(Number) });
    expect(await sync()).toMatchObject({
      mode: 'INCREMENTAL',
      counts: { read: 4, unchanged: 3 },
      excluded: { DISABLED: 1 },
    });
  });

  test('an account that sees deleted entries reads only who was touched, unless people move with their unit or expire', async () => {
    const { people, syncing, connection, add, sync } = await setUp({ mode: 'INCREMENTAL, told' });
    const team = `OU=team,${people}`;
    const away = `OU=away ${places},DC=example,DC=test`;
    await dc.add(team, { objectClass: 'organizationalUnit' });
    // As long as nothing has been deleted, nothing shows that deleted entries can be seen.
    await dc.delete(await add('Long gone'));
    const [ada, bob] = [await add('Ada'), await add('Bob')];
    await add('Team', {}, team);
    await add('Disabled', { userAccountControl: '546' });
    await add('Expires', { accountExpires: String(fileTime(new Date(Date.now() + 3_600_000))) });
    await sync();
    await dc.modify(ada, { l: 'Ulm' });
    await dc.delete(bob);
    await add('Cleo');
    const full = await syncing.sync(connection, { mode: 'FULL', dryRun: true });
    const run = await sync();
    expect([run.counts, run.excluded]).toEqual([full.counts, full.excluded]);
    expect(run).toMatchObject({ counts: { created: 1, updated: 1, deactivated: 1 }, modeReason: told });
    expect(await sync()).toMatchObject({ counts: { read: 5, unchanged: 4 }, modeReason: told });
    await dc.rename(team, `OU=away ${places}`, 'DC=example,DC=test');
    expect(await sync()).toMatchObject({ counts: { deactivated: 1 }, modeReason: expect.stringContaining(away) });
    expect(await sync()).toMatchObject({ counts: { read: 4, unchanged: 3 }, modeReason: told });
    await syncing.pool.query(
      `UPDATE connection SET read_cursor = jsonb_set(read_cursor, '{from,cursor,feed,expires}', $2) WHERE id = $1`,
      [connection, JSON.stringify(String(fileTime(new Date())))],
    );
    expect(await sync()).toMatchObject({ modeReason: expect.stringContaining('an account has expired') });
    expect(await sync()).toMatchObject({ modeReason: told });
  });

  test('an account that does not see deleted entries compares all', async () => {
    const { add, sync } = await setUp({ mode: 'INCREMENTAL' });
    await add('Ada');
    await sync();
    expect(await sync()).toMatchObject({ modeReason: expect.stringContaining('may not see deleted entries') });
  });

  test('disabled and expired accounts are left out; people without mail and in nested OUs are imported', async () => {
    const { people, syncing, add, sync } = await setUp();
    const nested = `OU=b\\, c,OU=a,${people}`;
    await dc.add(`OU=a,${people}`, { objectClass: 'organizationalUnit' });
    await dc.add(nested, { objectClass: 'organizationalUnit' });
    const at = (ms: number) => String(fileTime(new Date(Date.now() + ms)));
    await add('Enabled', { mail: 'enabled@example.test' });
    await add('Disabled', { mail: 'disabled@example.test', userAccountControl: '546' });
    await add('Expired', { accountExpires: at(-60_000) });
    await add('Expires', { accountExpires: at(3_600_000) });
    await add('Never expires', { accountExpires: '0' });
    await add('Nested', { proxyAddresses: ['SMTP:Nested@example.test', 'smtp:n@example.test', 'X500:/o=x'] }, nested);
    const run = await sync();
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { created: 4 }, excluded: { DISABLED: 2 } });
    expect(await loud(syncing, run.id)).toEqual([]);
    expect((await syncing.contacts()).map((one) => [one.display_name, one.primary_email, one.emails])).toEqual([
      ['Enabled', 'enabled@example.test', null],
      ['Expires', null, null],
      ['Nested', 'Nested@example.test', [{ label: 'other', value: 'n@example.test' }]],
      ['Never expires', null, null],
    ]);
  });

  describe.each(['FULL', 'INCREMENTAL', 'INCREMENTAL, told'] as const)('by runs of mode %s,', (mode) => {
    test('people who are disabled, expire, move out or are deleted are deactivated, and reactivated when that is undone', async () => {
      const { people, syncing, add, sync } = await setUp({ mode });
      const outside = `OU=outside ${places},DC=example,DC=test`;
      await dc.add(outside, { objectClass: 'organizationalUnit' });
      const [disabled, expired, moved] = [await add('Disabled'), await add('Expired'), await add('Moved')];
      const deleted = await add('Deleted');
      await add('Stays');
      await sync();
      const before = await ids(syncing);

      await dc.modify(disabled, { userAccountControl: '546' });
      await dc.modify(expired, { accountExpires: String(fileTime(new Date(Date.now() - 60_000))) });
      await dc.rename(moved, 'CN=Moved', outside);
      await dc.delete(deleted);
      const gone = await sync();
      expect(gone).toMatchObject({ status: 'SUCCEEDED', counts: { deactivated: 4, unchanged: 1 } });
      expect(await statuses(syncing)).toEqual({
        Disabled: 'INACTIVE',
        Expired: 'INACTIVE',
        Moved: 'INACTIVE',
        Deleted: 'INACTIVE',
        Stays: 'ACTIVE',
      });

      await dc.modify(disabled, { userAccountControl: '544' });
      await dc.modify(expired, { accountExpires: '0' });
      await dc.rename(`CN=Moved,${outside}`, 'CN=Moved', people);
      expect(await sync()).toMatchObject({ counts: { reactivated: 3, unchanged: 1, created: 0 } });
      expect(await ids(syncing)).toEqual(before);
    });

    test('a manager who is renamed or moved keeps their reports, although the server does not count these as changed', async () => {
      const { people, syncing, add, sync } = await setUp({ mode });
      const boss = await add('Boss', { displayName: 'Boss' });
      await add('Ada', { manager: boss });
      await sync();
      const managerOfAda = async () => {
        const all = await ids(syncing);
        const found = await syncing.workspace.managersOf([String(all.Ada)]);
        return found.get(String(all.Ada))?.id === all.Boss;
      };
      expect(await managerOfAda()).toBe(true);
      await dc.add(`OU=above,${people}`, { objectClass: 'organizationalUnit' });
      await dc.rename(boss, 'CN=Boss Two', `OU=above,${people}`);
      await sync();
      expect(await managerOfAda()).toBe(true);
    });

    test('a photo is fetched when it has changed, and deleted when it is removed', async () => {
      const { syncing, add, sync } = await setUp({ mode, photo: true });
      const ada = await add('Ada', { thumbnailPhoto: image('jpeg', 'small'), jpegPhoto: image('png', 'large') });
      await sync();
      const photo = async () => (await syncing.workspace.photoOf(String((await ids(syncing)).Ada)))?.bytes;
      expect(await photo()).toEqual(image('jpeg', 'small'));
      await dc.modify(ada, { thumbnailPhoto: image('jpeg', 'other') });
      expect(await sync()).toMatchObject({ counts: { unchanged: 1, updated: 0 } });
      expect(await photo()).toEqual(image('jpeg', 'other'));
      await dc.modify(ada, { thumbnailPhoto: [], jpegPhoto: [] });
      await sync();
      expect(await photo()).toBeUndefined();
    });

    test('a person who is deleted and then restored from the deleted objects gets the same contact back', async () => {
      const { syncing, add, sync } = await setUp({ mode });
      const ada = await add('Ada', { description: `restored ${places}` });
      await sync();
      const before = await ids(syncing);
      await dc.delete(ada);
      expect(await sync()).toMatchObject({ counts: { read: 0, deactivated: 1 } });

      const control = '1.2.840.113556.1.4.417';
      const deleted = await dc.search([
        '-E',
        `!${control}`,
        '-b',
        'CN=Deleted Objects,DC=example,DC=test',
        '(cn=Ada*)',
        'cn',
      ]);
      const tombstone = /^dn: .*/m.exec(deleted)?.[0];
      const changes = `delete: isDeleted\n-\nreplace: distinguishedName\ndistinguishedName: ${ada}\n-\n`;
      await dc.change(`${tombstone}\ncontrol: ${control} true\nchangetype: modify\n${changes}`);
      expect(await sync()).toMatchObject({ counts: { reactivated: 1, created: 0 } });
      expect(await ids(syncing)).toEqual(before);
    });

    test('a person who is renamed or moved within the scope keeps the contact', async () => {
      const { people, syncing, add, sync } = await setUp({ mode });
      await dc.add(`OU=other,${people}`, { objectClass: 'organizationalUnit' });
      const ada = await add('Ada Byron', { sn: 'Byron', mail: 'byron@example.test' });
      const bob = await add('Bob');
      await sync();
      const before = await ids(syncing);

      await dc.rename(ada, 'CN=Ada Lovelace', `OU=other,${people}`);
      const married = { sn: 'Lovelace', mail: 'lovelace@example.test', sAMAccountName: `ada.l${places}` };
      await dc.modify(`CN=Ada Lovelace,OU=other,${people}`, married);
      await dc.rename(bob, 'CN=Bob', `OU=other,${people}`);
      expect(await sync()).toMatchObject({ counts: { updated: 1, unchanged: 1, created: 0, deactivated: 0 } });
      expect(await ids(syncing)).toEqual({ 'Ada Lovelace': before['Ada Byron'], Bob: before.Bob });
      expect(await syncing.contacts()).toMatchObject([{ primary_email: 'lovelace@example.test' }, {}]);
    });

    test('the root of a domain is read without a warning, people are removed at once, and accounts of the domain itself are none', async () => {
      const { syncing, connection, add, sync, people } = await setUp({ mode, baseDns: ['DC=example,DC=test'] });
      await syncing.edit(connection, {
        scope: { ...(await syncing.connection(connection)).scope, filter: `(description=at ${places})` },
      });
      await add('Stays', { description: `at ${places}` });
      const goes = await add('Goes', { description: `at ${places}` });
      await dc.add(`CN=PC${places},${people}`, {
        objectClass: 'computer',
        sAMAccountName: `PC${places}$`,
        description: `at ${places}`,
      });
      await dc.modify('CN=Administrator,CN=Users,DC=example,DC=test', { description: `at ${places}` });
      const first = await sync();
      expect(await loud(syncing, first.id)).toEqual([]);
      expect(first).toMatchObject({ status: 'SUCCEEDED', counts: { created: 2 }, excluded: { NOT_A_PERSON: 1 } });
      await dc.delete(goes);
      const second = await sync();
      expect(await loud(syncing, second.id)).toEqual([]);
      expect(second).toMatchObject({ status: 'SUCCEEDED', counts: { deactivated: 1, unchanged: 1 } });
      expect(await statuses(syncing)).toEqual({ Goes: 'INACTIVE', Stays: 'ACTIVE' });
    });
  });
});
