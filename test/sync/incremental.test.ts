import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

const names = Array.from({ length: 12 }, (_, i) => `p${String(i).padStart(2, '0')}`);
const mappings = [map('DISPLAY_NAME', 'cn'), map('PRIMARY_EMAIL', 'mail'), map('CITY', 'l')];

describe('an incremental run of a directory', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  let connection: string;
  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill([unit, ...names.map((uid) => somebody(uid))]);
    syncing = await service.workspace();
    connection = await syncing.createConnection(slapd, {
      mappings,
      scope: scopeOf(),
      removal: removal({ maxPercent: 100 }),
    });
    await syncing.sync(connection);
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  test('reads only who has changed, has come or has gone, and counts as a full one', async () => {
    await slapd.modify(dn('p01'), { l: 'Ulm' });
    await slapd.delete(dn('p02'));
    await slapd.add(dn('new'), somebody('new').attributes);
    const full = await syncing.sync(connection, { mode: 'FULL', dryRun: true });
    const run = await syncing.sync(connection);
    expect(run).toMatchObject({ status: 'SUCCEEDED', mode: 'INCREMENTAL' });
    expect(run.counts).toEqual(full.counts);
    expect(run.counts).toMatchObject({ read: 12, created: 1, updated: 1, deactivated: 1, unchanged: 10 });
    const again = await syncing.sync(connection);
    expect(again).toMatchObject({ mode: 'INCREMENTAL', counts: { read: 12, unchanged: 12, created: 0, updated: 0 } });
  });
});
