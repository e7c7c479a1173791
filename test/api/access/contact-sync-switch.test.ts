import { expect, test } from '@jest/globals';
import pg from 'pg';
import { contactSyncSwitch } from '../../../src/api/access/contact-sync-switch.ts';
import { openRunSignals } from '../../../src/db/signals/open-run-signals.ts';
import { openRig } from '../../db/support/open-rig.ts';

test('a thousand callers share one read, and a call after a change reads again', async () => {
  const looks: string[] = [];
  let isOn = true;
  const contactSync = contactSyncSwitch(async (id) => {
    looks.push(id);
    return isOn;
  });
  expect(new Set(await Promise.all(Array.from({ length: 1000 }, () => contactSync.isOn('a'))))).toEqual(
    new Set([true]),
  );
  await contactSync.isOn('b');
  expect(looks).toEqual(['a', 'b']);
  isOn = false;
  contactSync.forget('a');
  expect([await contactSync.isOn('a'), await contactSync.isOn('b')]).toEqual([false, true]);
  contactSync.forget();
  expect(await contactSync.isOn('b')).toBe(false);
});

test('a failed read is not remembered', async () => {
  let fails = true;
  const contactSync = contactSyncSwitch(async () => {
    if (fails) throw new Error('away');
    return true;
  });
  await expect(contactSync.isOn('a')).rejects.toThrow('away');
  fails = false;
  expect(await contactSync.isOn('a')).toBe(true);
});

test('every process hears that Contact Sync was turned off by any other process', async () => {
  const rig = await openRig();
  const { id } = await rig.workspace();
  const signals = await openRunSignals(rig.url);
  const heard = Promise.withResolvers<string>();
  signals.onContactSync(heard.resolve, () => {});
  const client = new pg.Client({ connectionString: rig.url });
  await client.connect();
  await client.query('UPDATE workspace SET contact_sync_enabled = false WHERE id = $1', [id]);
  expect(await heard.promise).toBe(id);
  await client.end();
  await signals.close();
  await rig.close();
});
