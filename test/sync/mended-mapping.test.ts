import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { mappingVersion } from '../../src/sync/map/mapping-version.ts';
import { hexOf } from '../../src/sync/stage/digest.ts';
import { settingsText } from '../../src/sync/stage/hashed-text.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { map, removal, somebody, unit } from './small-directory.ts';

const xor = (...texts: string[]): string =>
  texts.reduce((sum, text) => (BigInt(`0x${sum}`) ^ BigInt(`0x${text}`)).toString(16).padStart(32, '0'));

describe('people with unchanged entries', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  const mappings = [
    map('DISPLAY_NAME', 'displayName'),
    map('PRIMARY_EMAIL', 'mail'),
    map('COUNTRY', 'st', { transforms: ['COUNTRY_CODE'] }),
  ];
  const countries = async () =>
    Object.fromEntries((await syncing.contacts()).map((contact) => [contact.display_name, contact.country]));
  /** A row that is written again gets another xmin, even with the same values. */
  const written = () => syncing.rows('SELECT id, xmin::text, ctid::text FROM contact ORDER BY id');
  const hashes = async () =>
    (await syncing.rows(`SELECT encode(hash, 'hex') AS hash FROM contact_link ORDER BY person`)).map((row) =>
      String(row.hash),
    );

  /** Two people. An older mapping left one's country as it was sent. */
  const mapped = async (): Promise<string> => {
    const connection = await syncing.createConnection(slapd, { mappings, removal: removal() });
    expect((await syncing.sync(connection)).counts).toMatchObject({ created: 2 });
    await syncing.rows(`UPDATE contact SET country = 'Deutschland' WHERE display_name = 'ADA'`);
    return connection;
  };

  /** Gives everybody the hash that the mapping of that version would give. */
  const hashedUnder = async (version: string, connection: string): Promise<void> => {
    const settings = await syncing.connection(connection);
    const salts = [mappingVersion, version].map((one) => hexOf(settingsText(settings, one)));
    for (const hash of await hashes())
      await syncing.pool.query(`UPDATE contact_link SET hash = decode($2, 'hex') WHERE hash = decode($1, 'hex')`, [
        hash,
        xor(hash, ...salts),
      ]);
    await syncing.pool.query(
      `UPDATE connection SET read_cursor = jsonb_set(read_cursor, '{from,mappingVersion}', to_jsonb($1::text)) WHERE id = $2`,
      [version, connection],
    );
  };

  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill([unit, somebody('ada', { st: 'Deutschland' }), somebody('bob', { st: 'France' })]);
    syncing = await service.workspace();
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  test('are mapped again by another mapping version: corrected values arrive, and the people are known again', async () => {
    const connection = await mapped();
    const known = await hashes();
    await hashedUnder('an older one', connection);
    expect((await hashes()).filter((hash) => known.includes(hash))).toEqual([]);
    const run = await syncing.sync(connection);
    expect(run.counts).toMatchObject({ read: 2, updated: 1, unchanged: 1, created: 0, skipped: 0 });
    expect(await countries()).toEqual({ ADA: 'DE', BOB: 'FR' });
    // Bob's values were right before. He too has a hash of the present version.
    expect(await hashes()).toEqual(known);
    const contacts = await written();
    expect((await syncing.sync(connection)).counts).toMatchObject({ read: 2, unchanged: 2, updated: 0 });
    expect(await written()).toEqual(contacts);
  });

  test('are unchanged for the same mapping version, and nothing is written', async () => {
    const connection = await mapped();
    await hashedUnder(mappingVersion, connection);
    const [contacts, known] = [await written(), await hashes()];
    expect((await syncing.sync(connection)).counts).toMatchObject({ read: 2, unchanged: 2, updated: 0 });
    expect(await countries()).toEqual({ ADA: 'Deutschland', BOB: 'FR' });
    expect(await written()).toEqual(contacts);
    expect(await hashes()).toEqual(known);
  });

  test('are shown by a dry run with another mapping version, which changes nothing', async () => {
    const connection = await mapped();
    await hashedUnder('an older one', connection);
    const [contacts, known] = [await written(), await hashes()];
    expect((await syncing.sync(connection, { dryRun: true })).counts).toMatchObject({ updated: 1, unchanged: 1 });
    expect(await written()).toEqual(contacts);
    expect(await hashes()).toEqual(known);
  });
});
