import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type SyncService } from '../support/syncing.ts';
import { map, somebody, unit } from './small-directory.ts';

let slapd: Slapd;
let service: SyncService;
beforeAll(async () => {
  slapd = await startSlapd({ entries: [unit, somebody('ada')] });
  service = await openSyncing();
});
afterAll(async () => {
  await service?.close();
  await slapd?.close();
});

test('a run that finds the disk of the database full says so, and what to do; later runs succeed', async () => {
  const syncing = await service.workspace();
  const connection = await syncing.createConnection(slapd, { mappings: [map('DISPLAY_NAME', 'displayName')] });
  await service.pool.query(`
    CREATE FUNCTION no_space() RETURNS trigger LANGUAGE plpgsql AS
      $$ BEGIN RAISE EXCEPTION 'could not extend file "base/1/2": No space left on device' USING ERRCODE = '53100'; END $$;
    CREATE TRIGGER no_space BEFORE INSERT ON contact EXECUTE FUNCTION no_space()`);
  const id = await syncing.start(connection);
  await expect(syncing.carryOut(id)).rejects.toThrow('No space left on device');
  const failed = await syncing.run(id);
  expect(failed).toMatchObject({
    status: 'FAILED',
    error: {
      code: 'DATABASE_FULL',
      message: 'The disk of the database is full.',
      hint: expect.stringContaining('Free space'),
    },
  });
  await service.pool.query('DROP TRIGGER no_space ON contact');
  expect(await syncing.sync(connection)).toMatchObject({ status: 'SUCCEEDED', counts: { created: 1 } });
});
