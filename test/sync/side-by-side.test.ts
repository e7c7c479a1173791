import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { people } from '../support/ldap-people.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { defaultMappings } from '../support/source-defaults.ts';
import { createSyncing, type LoneSyncing } from '../support/syncing.ts';
import { map, sumOf } from './small-directory.ts';

const everybody = 5_200;

describe('two connections with the same many people', () => {
  let slapd: Slapd;
  let syncing: LoneSyncing;
  let connections: string[];
  beforeAll(async () => {
    slapd = await startSlapd({ entries: people(everybody) });
    syncing = await createSyncing();
    connections = [await syncing.createConnection(slapd), await syncing.createConnection(slapd)];
  });
  afterAll(async () => {
    await syncing?.close();
    await slapd?.close();
  });
  const both = () => Promise.all(connections.map((connection) => syncing.sync(connection)));

  test('importing at the same time make each contact once, and both feed it in the end', async () => {
    const runs = await both();
    for (const run of runs) {
      expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { failed: 0, inScope: everybody } });
      expect(sumOf(run.counts)).toBe(everybody);
    }
    expect(await syncing.contacts()).toHaveLength(everybody);
    expect(runs.reduce((sum, { counts }) => sum + counts.created, 0)).toBe(everybody);
    for (let i = 0; i < 2; i++) for (const connection of connections) await syncing.sync(connection);
    expect(await syncing.rows('SELECT FROM contact_link WHERE gone_since IS NULL')).toHaveLength(2 * everybody);
    for (const connection of connections)
      expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: everybody });
  });

  test('importing new values at the same time lose none of them', async () => {
    for (const [i, connection] of connections.entries())
      await syncing.edit(connection, {
        mappings: [...defaultMappings('LDAP'), map(i === 0 ? 'TIME_ZONE' : 'REGION', 'roomNumber')].filter(
          ({ field, attributes }) => field !== 'REGION' || attributes[0] === 'roomNumber',
        ),
      });
    for (const run of await both()) {
      expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { failed: 0 } });
      expect(sumOf(run.counts)).toBe(everybody);
    }
    await both();
    await both();
    const [whole] = await syncing.rows<{ count: number }>(
      `SELECT count(*)::int AS count FROM contact WHERE time_zone IS NOT NULL AND region = time_zone`,
    );
    expect(whole?.count).toBe(everybody);
    for (const connection of connections)
      expect((await syncing.sync(connection)).counts).toMatchObject({ unchanged: everybody });
  });
});
