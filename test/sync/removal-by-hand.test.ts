import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ContactStatus } from '../../src/core/contact.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { anna, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, removal, somebody, unit } from './small-directory.ts';

describe('the countdown of a contact that people edit', () => {
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
    connection = await syncing.createConnection(slapd, { removal: removal({ graceDays: 7 }) });
    await syncing.sync(connection);
    await slapd.delete(dn('ada'));
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  const ada = async () => (await syncing.contacts()).find(({ display_name }) => display_name === 'ADA');
  const due = async () => (await ada())?.removal_due_at;
  const edit = async (changes: { status?: ContactStatus; notes?: string }) =>
    syncing.workspace.updateContact(
      String((await ada())?.id),
      null,
      ({ status, values, lockedFields }) => ({
        status: changes.status ?? status,
        values: changes.notes === undefined ? values : { ...values, NOTES: changes.notes },
        lockedFields,
      }),
      anna,
    );
  const comeBack = () => slapd.add(dn('ada'), somebody('ada').attributes);

  test('continues when other fields are edited, and ends when the person returns', async () => {
    await syncing.sync(connection);
    const at = await due();
    expect(at).toBeInstanceOf(Date);
    await edit({ notes: 'called' });
    expect(await due()).toEqual(at);
    await syncing.sync(connection);
    expect(await due()).toEqual(at);
    await comeBack();
    await syncing.sync(connection);
    expect(await ada()).toMatchObject({ status: 'ACTIVE', removal_due_at: null, notes: 'called' });
  });

  test('ends when somebody makes the contact inactive, and no run reactivates it when the person returns', async () => {
    await syncing.sync(connection);
    await edit({ status: 'INACTIVE' });
    expect(await ada()).toMatchObject({ status: 'INACTIVE', removal_due_at: null });
    await syncing.sync(connection);
    expect(await ada()).toMatchObject({ status: 'INACTIVE', removal_due_at: null });
    await comeBack();
    await syncing.sync(connection);
    expect(await ada()).toMatchObject({ status: 'INACTIVE', removal_due_at: null });
  });

  test.each([0, 7])(
    'does not begin again for a contact that somebody has made active although the person is gone; grace of %i days',
    async (graceDays) => {
      await syncing.edit(connection, { removal: removal({ graceDays }) });
      await syncing.sync(connection);
      if (graceDays > 0) await edit({ status: 'INACTIVE' });
      expect(await ada()).toMatchObject({ status: 'INACTIVE' });
      await edit({ status: 'ACTIVE' });
      for (const mode of ['FULL', 'INCREMENTAL'] as const) {
        await syncing.sync(connection, { mode });
        expect(await ada()).toMatchObject({ status: 'ACTIVE', removal_due_at: null });
      }
      await comeBack();
      await syncing.sync(connection);
      await slapd.delete(dn('ada'));
      await syncing.sync(connection);
      if (graceDays === 0) expect(await ada()).toMatchObject({ status: 'INACTIVE' });
      else expect(await due()).toBeInstanceOf(Date);
    },
  );
});
