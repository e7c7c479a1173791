import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { people } from '../support/ldap-people.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { createSyncing, type LoneSyncing } from '../support/syncing.ts';

describe('a run from an empty database', () => {
  let slapd: Slapd;
  let syncing: LoneSyncing;
  let connection: string;
  beforeAll(async () => {
    slapd = await startSlapd({ entries: people(2500) });
    syncing = await createSyncing();
    connection = await syncing.createConnection(slapd);
  });
  afterAll(async () => {
    await syncing?.close();
    await slapd?.close();
  });

  test('creates everybody, then finds everybody unchanged', async () => {
    const first = await syncing.sync(connection);
    expect(first).toMatchObject({ status: 'SUCCEEDED', phase: 'FINISHED', progress: 1 });
    expect(first.counts).toMatchObject({
      read: 2500,
      inScope: 2500,
      created: 2500,
      unchanged: 0,
      skipped: 0,
      failed: 0,
    });
    const contacts = await syncing.contacts();
    expect(contacts).toHaveLength(2500);
    const lines = await syncing.log(first.id);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
    expect(lines.filter(({ code }) => code === 'CONTACT_CREATED')).toHaveLength(2500);

    const second = await syncing.sync(connection);
    expect(second.counts).toMatchObject({ read: 2500, inScope: 2500, created: 0, unchanged: 2500 });
    expect(await syncing.contacts()).toEqual(contacts);
  });

  test('finds somebody unchanged whose values come in another order, and remembers that order', async () => {
    const uid = 'user0000001';
    const dn = `uid=${uid},ou=people,${slapd.baseDn}`;
    await slapd.modify(dn, { mail: ['first@example.org', 'second@example.org'] });
    await syncing.sync(connection);
    const contacts = await syncing.contacts();
    await slapd.modify(dn, { mail: ['second@example.org', 'first@example.org'] });
    for (const _ of ['looked at again', 'known again']) {
      const run = await syncing.sync(connection);
      expect(run.counts).toMatchObject({ read: 2500, updated: 0, unchanged: 2500, skipped: 0 });
      expect(await syncing.contacts()).toEqual(contacts);
    }
  });
});
