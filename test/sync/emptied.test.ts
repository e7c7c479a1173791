import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { people, person } from '../support/ldap-people.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { defaultMappings } from '../support/source-defaults.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { map } from './small-directory.ts';

const everybody = 50;

describe('fields that a run would empty for many', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  let connection: string;

  /** The first `count` people no longer have any of these attributes. */
  const lose = (count: number, ...attributes: string[]) =>
    slapd.change(
      Array.from({ length: count }, (_, i) => {
        const parts = attributes.map((attribute) => `replace: ${attribute}\n-\n`);
        return `dn: ${person(i).dn}\nchangetype: modify\n${parts.join('')}`;
      }).join('\n'),
    );
  const having = async (column: string): Promise<number> =>
    (await syncing.contacts()).filter((contact) => contact[column] !== null).length;

  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill(people(everybody));
    syncing = await service.workspace();
    connection = await syncing.createConnection(slapd);
    await syncing.sync(connection);
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  test('hold it; nothing is applied until somebody approves it, then exactly the plan', async () => {
    await lose(25, 'mail');
    const held = await syncing.sync(connection);
    expect(held).toMatchObject({
      status: 'HELD',
      phase: 'WAITING',
      holdReasons: [
        expect.stringMatching(
          /^25 of 50 contacts that have a value in PRIMARY_EMAIL would lose it; the limit is 30 %\./,
        ),
      ],
    });
    expect(await syncing.log(held.id)).toContainEqual(
      expect.objectContaining({ level: 'WARN', code: 'HELD', message: expect.stringContaining('25 of 50') }),
    );
    expect(await having('primary_email')).toBe(everybody);
    expect(await syncing.approve(held.id)).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 25 } });
    expect(await having('primary_email')).toBe(25);
    expect(await syncing.sync(connection)).toMatchObject({ status: 'SUCCEEDED', counts: { unchanged: everybody } });
  });

  test('are reported by a dry run, which is not held', async () => {
    await lose(25, 'mail', 'l');
    const dry = await syncing.sync(connection, { dryRun: true });
    expect(dry).toMatchObject({
      status: 'SUCCEEDED',
      holdReasons: [expect.stringContaining('PRIMARY_EMAIL'), expect.stringContaining('CITY')],
    });
    expect((await syncing.log(dry.id)).filter(({ code }) => code === 'HELD').map(({ message }) => message)).toEqual([
      expect.stringMatching(/^A real run would be held: 25 of 50 .* PRIMARY_EMAIL/),
      expect.stringMatching(/^A real run would be held: 25 of 50 .* CITY/),
    ]);
    expect(await having('primary_email')).toBe(everybody);
  });

  test('do not hold it if the limit is off, or if they are few', async () => {
    await lose(19, 'l');
    expect(await syncing.sync(connection)).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 19 } });
    await syncing.edit(connection, { removal: { maxEmptiedPercent: null } });
    await lose(25, 'mail');
    expect(await syncing.sync(connection)).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 25 } });
    expect(await having('primary_email')).toBe(25);
  });

  test('hold it if a mapping is wrong', async () => {
    const mappings = defaultMappings('LDAP').map((mapping) =>
      mapping.field === 'JOB_TITLE' ? map('JOB_TITLE', 'titel') : mapping,
    );
    await syncing.edit(connection, { mappings });
    expect(await syncing.sync(connection)).toMatchObject({
      status: 'HELD',
      holdReasons: [expect.stringContaining('50 of 50 contacts that have a value in JOB_TITLE')],
    });
  });

  test('are not those that the mappings no longer name', async () => {
    await lose(everybody, 'l');
    await syncing.edit(connection, { mappings: defaultMappings('LDAP').filter(({ field }) => field !== 'CITY') });
    expect(await syncing.sync(connection)).toMatchObject({ status: 'SUCCEEDED', holdReasons: [] });
  });

  test('are measured by the active contacts that have a value there and whose person is not gone', async () => {
    const limits = { maxPercent: 100, maxEmptiedPercent: null };
    await syncing.edit(connection, { removal: { ...limits, action: 'KEEP' } });
    await lose(10, 'l');
    await slapd.delete(person(49).dn);
    await syncing.sync(connection);
    await syncing.edit(connection, { removal: { ...limits, action: 'DEACTIVATE', maxEmptiedPercent: 50 } });
    await slapd.delete(person(48).dn);
    await syncing.sync(connection);
    await lose(30, 'l');
    expect(await syncing.sync(connection)).toMatchObject({
      status: 'HELD',
      holdReasons: [expect.stringContaining('20 of 38 contacts that have a value in CITY would lose it')],
    });
  });

  test('can be one label of a list, while other labels keep their values', async () => {
    await lose(25, 'mobile');
    const held = await syncing.sync(connection);
    expect(held).toMatchObject({
      status: 'HELD',
      holdReasons: [expect.stringContaining('25 of 50 contacts that have a value in PHONE "mobile"')],
    });
    await syncing.reject(held.id);
    await syncing.edit(connection, { removal: { maxEmptiedPercent: 60 } });
    await lose(40, 'mobile', 'telephoneNumber', 'homePhone');
    const dry = await syncing.sync(connection, { dryRun: true });
    expect(dry.holdReasons).toEqual([expect.stringContaining('40 of 50 contacts that have a value in PHONE would')]);
  });

  test('are not those that another connection fills, or that are locked', async () => {
    await syncing.sync(
      await syncing.createConnection(slapd, { mappings: [map('PRIMARY_EMAIL', 'mail'), map('CITY', 'l')] }),
    );
    await syncing.rows(`UPDATE contact SET locked_fields = '{JOB_TITLE}'`);
    await lose(everybody, 'l', 'title');
    expect(await syncing.sync(connection)).toMatchObject({ status: 'SUCCEEDED', holdReasons: [] });
  });
});
