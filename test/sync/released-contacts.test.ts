import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { OrphanedContacts } from '../../src/core/connection.ts';
import type { StartRunMode } from '../../src/core/run.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { image } from '../support/photos.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { anna, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

const choices = ['KEEP', 'DEACTIVATE', 'DELETE'] as const;
const modes = ['FULL', 'INCREMENTAL'] as const;
const every: [OrphanedContacts, StartRunMode][] = choices.flatMap((choice) =>
  modes.map((mode): [OrphanedContacts, StartRunMode] => [choice, mode]),
);

describe('when a connection is deleted', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  let deleted: string;
  let other: string;

  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    const said = { title: 'Boss', employeeType: 'Clerk', ou: 'Sales', l: 'Bath', jpegPhoto: image('jpeg', 'ada') };
    await slapd.refill([unit, somebody('ada', said), somebody('bob', said)]);
    syncing = await service.workspace();
    const names = [map('DISPLAY_NAME', 'displayName'), map('PRIMARY_EMAIL', 'mail')];
    deleted = await syncing.createConnection(slapd, {
      mappings: [...names, map('JOB_TITLE', 'title'), map('DEPARTMENT', 'ou'), map('CITY', 'l')],
      removal: removal(),
      priority: 1,
      photo: true,
    });
    other = await syncing.createConnection(slapd, {
      scope: scopeOf({ filter: '(!(uid=bob))' }),
      mappings: [...names, map('JOB_TITLE', 'employeeType'), map('CITY', 'l')],
      removal: removal(),
      priority: 2,
      photo: true,
    });
    await syncing.sync(deleted);
    await syncing.sync(other);
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  const contact = async (name: string) =>
    (await syncing.contacts()).find(({ display_name }) => display_name === name) as Record<string, unknown> | undefined;
  const idOf = async (name: string): Promise<string> => String((await contact(name))?.id);
  const release = (choice: OrphanedContacts) => syncing.workspace.deleteConnection(deleted, choice, anna);
  const leaveOther = async (uid: string) => {
    await syncing.edit(other, { scope: scopeOf({ filter: `(&(!(uid=bob))(!(uid=${uid})))` }) });
    await syncing.sync(other);
  };
  const after = { KEEP: { status: 'ACTIVE' }, DEACTIVATE: { status: 'INACTIVE' }, DELETE: undefined };

  test.each(every)(
    'with %s, the values of the others take over at their next run, of mode %s',
    async (choice, mode) => {
      const ada = await idOf('ADA');
      await syncing.workspace.updateContact(
        ada,
        null,
        ({ status, values }) => ({
          status,
          values: { ...values, NOTES: 'by hand', CITY: 'Rome' },
          lockedFields: ['CITY'],
        }),
        anna,
      );
      await syncing.sync(deleted);
      await syncing.sync(other, { mode });
      expect(await contact('ADA')).toMatchObject({ job_title: 'Boss', city: 'Rome' });

      expect(await release(choice)).toBe(true);
      expect(await contact('ADA')).toMatchObject({
        id: ada,
        status: 'ACTIVE',
        job_title: 'Boss',
        removal_due_at: null,
      });
      const run = await syncing.sync(other, { mode });
      expect(run).toMatchObject({ mode, counts: { updated: 1, created: 0, deactivated: 0, deleted: 0 } });
      expect(await contact('ADA')).toMatchObject({
        id: ada,
        status: 'ACTIVE',
        job_title: 'Clerk',
        department: 'Sales',
        city: 'Rome',
        notes: 'by hand',
        locked_fields: ['CITY'],
      });
      expect(await syncing.workspace.sourcesOf([ada])).toMatchObject([{ connectionId: other }]);
      expect((await syncing.workspace.photoOf(ada))?.bytes).toEqual(image('jpeg', 'ada'));
      const history = await syncing.workspace.contactHistory(ada, { first: 50, after: null });
      expect(history.nodes.map(({ action }) => action)).toEqual(['UPDATE', 'UPDATE', 'LINK', 'CREATE']);
      expect((await syncing.sync(other, { mode })).counts).toMatchObject({ unchanged: 1, updated: 0 });
    },
  );

  test.each(choices)(
    'with %s, this happens to contacts that only it feeds, and no run reactivates them',
    async (choice) => {
      const bob = await idOf('BOB');
      await release(choice);
      await syncing.sync(other, { mode: 'FULL' });
      const found = await contact('BOB');
      if (choice === 'DELETE') expect(found).toBeUndefined();
      else expect(found).toMatchObject({ id: bob, ...after[choice] });
      const history = await syncing.workspace.contactHistory(bob, { first: 50, after: null });
      const actions = history.nodes.map(({ action, madeBy }) => `${action}${madeBy === null ? '' : ` ${madeBy.name}`}`);
      if (choice === 'DEACTIVATE') expect(actions).toEqual(['DEACTIVATE Anna Berg', 'CREATE']);
      expect((await syncing.workspace.photoHashesOf([bob])).size).toBe(0);
    },
  );

  test.each(every)(
    'with %s, that stands for contacts that the others lost before, also after their runs of mode %s',
    async (choice, mode) => {
      await leaveOther('ada');
      expect(await contact('ADA')).toMatchObject({ status: 'ACTIVE', removal_due_at: null });
      await release(choice);
      for (let runs = 0; runs < 2; runs++) {
        await syncing.sync(other, { mode });
        const ada = await contact('ADA');
        if (choice === 'DELETE') expect(ada).toBeUndefined();
        else expect(ada).toMatchObject({ ...after[choice], removal_due_at: null });
      }
    },
  );

  test('with KEEP, a contact that another connection lost belongs to that connection again after the person was back', async () => {
    await leaveOther('ada');
    await release('KEEP');
    await syncing.edit(other, { scope: scopeOf({ filter: '(!(uid=bob))' }) });
    await syncing.sync(other);
    expect(await contact('ADA')).toMatchObject({ status: 'ACTIVE', job_title: 'Clerk' });
    await leaveOther('ada');
    expect(await contact('ADA')).toMatchObject({ status: 'INACTIVE' });
  });

  test.each(choices)(
    'with %s, the grace of a contact that all connections have lost ends like this',
    async (choice) => {
      await syncing.edit(deleted, { removal: removal({ graceDays: 7 }) });
      await leaveOther('ada');
      await slapd.delete(dn('ada'));
      await syncing.sync(deleted);
      expect((await contact('ADA'))?.removal_due_at).toBeInstanceOf(Date);
      await release(choice);
      await syncing.sync(other);
      const ada = await contact('ADA');
      if (choice === 'DELETE') expect(ada).toBeUndefined();
      else expect(ada).toMatchObject({ ...after[choice], removal_due_at: null });
    },
  );

  test.each(choices)('with %s, another connection’s countdown goes on', async (choice) => {
    await syncing.edit(other, { removal: removal({ graceDays: 7 }) });
    await syncing.edit(deleted, { scope: scopeOf({ filter: '(!(uid=ada))' }) });
    await syncing.sync(deleted);
    await leaveOther('ada');
    const due = (await contact('ADA'))?.removal_due_at;
    expect(due).toBeInstanceOf(Date);
    await release(choice);
    await syncing.sync(other);
    expect(await contact('ADA')).toMatchObject({ status: 'ACTIVE', removal_due_at: due });
  });
});
