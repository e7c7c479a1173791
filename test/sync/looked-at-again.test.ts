import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

const names = [map('DISPLAY_NAME', 'displayName'), map('PRIMARY_EMAIL', 'mail')];

describe('another connection’s priority, edited while a run is under way', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  let other: string;
  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill([unit, ...['ada', 'bob'].map((uid) => somebody(uid, { l: 'Paris', st: 'Rome' }))]);
    syncing = await service.workspace();
    other = await syncing.createConnection(slapd, { mappings: [...names, map('CITY', 'st')], priority: 10 });
    await syncing.sync(other);
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });
  const createOurs = () =>
    syncing.createConnection(slapd, { mappings: [...names, map('CITY', 'l')], priority: 20, removal: removal() });
  const cities = async () => (await syncing.contacts()).map(({ city }) => city);
  const giveWay = () => syncing.edit(other, { priority: 30 });

  /** Makes a HELD plan while the other connection still has priority. */
  const plans: Record<string, () => Promise<string>> = {
    'a link is made': async () => (await syncing.sync(await createOurs(), { review: true })).id,
    'contacts are updated': async () => {
      const ours = await createOurs();
      await syncing.sync(ours);
      for (const uid of ['ada', 'bob']) await slapd.modify(dn(uid), { displayName: [`${uid} two`] });
      return (await syncing.sync(ours, { review: true })).id;
    },
    'people are found as before': async () => {
      const ours = await createOurs();
      await syncing.sync(ours);
      for (const { id } of await syncing.contacts()) await syncing.editContact(String(id), `notes = 'mine'`);
      return (await syncing.sync(ours, { review: true })).id;
    },
  };

  const nextRunDecidesAnew = async (runId: string) => {
    const { connectionId } = await syncing.run(runId);
    await syncing.sync(connectionId ?? '');
    expect(await cities()).toEqual(['Paris', 'Paris']);
  };

  test.each(Object.keys(plans))('before its batch, makes the next run decide again: %s', async (what) => {
    const runId = (await plans[what]?.()) ?? '';
    await giveWay();
    expect(await syncing.approve(runId)).toMatchObject({ status: 'SUCCEEDED', counts: { failed: 0, skipped: 0 } });
    expect(await cities()).toEqual(['Rome', 'Rome']);
    await nextRunDecidesAnew(runId);
  });

  test.each(Object.keys(plans))('after its batch, makes the next run decide again: %s', async (what) => {
    const runId = (await plans[what]?.()) ?? '';
    await syncing.approve(runId);
    await giveWay();
    await nextRunDecidesAnew(runId);
  });

  test.each(Object.keys(plans))('in the middle of its batch, makes the next run decide again: %s', async (what) => {
    const runId = (await plans[what]?.()) ?? '';
    const inTheWay = await syncing.pool.connect();
    try {
      await inTheWay.query('BEGIN');
      // The batch waits in its last step, after all its rows were written.
      await inTheWay.query('SELECT FROM run WHERE id = $1 FOR KEY SHARE', [runId]);
      await inTheWay.query(
        `SELECT FROM contact_link WHERE workspace_id = $1 AND connection_id = $2 ORDER BY external_id DESC LIMIT 1 FOR UPDATE`,
        [syncing.workspaceId, other],
      );
      const approved = syncing.approve(runId);
      const edited = giveWay();
      await new Promise((resolve) => setImmediate(resolve));
      await inTheWay.query('ROLLBACK');
      await Promise.all([approved, edited]);
    } finally {
      inTheWay.release();
    }
    await nextRunDecidesAnew(runId);
  });
});
