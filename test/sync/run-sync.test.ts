import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { people } from '../support/ldap-people.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { createSyncing, type Syncing } from '../support/syncing.ts';

describe('a run from an empty database', () => {
  let slapd: Slapd;
  let syncing: Syncing;
  beforeAll(async () => {
    slapd = await startSlapd({ entries: people(2500) });
    syncing = await createSyncing();
  });
  afterAll(async () => {
    await syncing?.close();
    await slapd?.close();
  });

  test('creates everybody, then finds everybody unchanged', async () => {
    const connection = await syncing.createConnection(slapd);
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
});
