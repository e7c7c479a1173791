import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { ScopeRule } from '../../src/core/connection.ts';
import { openReadingThreads } from '../../src/sync/reading-threads.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { map, removal } from './small-directory.ts';
import { type Step, type Story, sinceFile, type Told } from './support/told-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'story-'));
const file = join(folder, 'story.json');

const person = (id: string, attributes: Record<string, string> = {}): Told => ({
  id,
  attributes: { cn: id, mail: `${id}@example.org`, city: 'Bonn', ...attributes },
});
const complete = (cursor?: Record<string, unknown>): Step => ({ end: { complete: true, cursor } });

describe('a feed of a run', () => {
  let service: SyncService;
  let syncing: Syncing;
  let connection: string;

  const tell = (story: Story) => {
    writeFileSync(file, JSON.stringify(story));
    return syncing.sync(connection);
  };
  const everybody = (...steps: Step[]) => tell({ extent: 'everybody', steps });
  const changes = (...steps: Step[]) => tell({ extent: 'changes', steps });
  const statuses = async (): Promise<string[]> =>
    (await syncing.contacts()).map(({ display_name, city, status }) => `${display_name} ${city} ${status}`);
  const cursor = async (): Promise<unknown> =>
    (
      await syncing.rows<{ read_cursor: { cursor: unknown } | null }>(
        "SELECT read_cursor->'from' AS read_cursor FROM connection",
      )
    )[0]?.read_cursor?.cursor ?? null;

  const since = (): unknown => JSON.parse(readFileSync(sinceFile(file), 'utf8'));

  beforeAll(async () => {
    const thread = new URL('./support/told-thread.ts', import.meta.url);
    service = await openSyncing(openReadingThreads('runs', thread));
  });
  beforeEach(async () => {
    syncing = await service.workspace();
    connection = await syncing.createConnection(
      { url: 'ldap://nowhere' },
      {
        source: { file } as object,
        mappings: [map('DISPLAY_NAME', 'cn'), map('PRIMARY_EMAIL', 'mail'), map('CITY', 'city')],
        removal: removal({ maxPercent: 100 }),
      },
    );
    await everybody({ present: [person('anna'), person('bert'), person('carl'), person('dora')] }, complete({ at: 1 }));
  });
  afterAll(async () => {
    await service?.close();
    rmSync(folder, { recursive: true });
  });

  test('changes the people that it mentions, removes those who are gone, and leaves the others as they are', async () => {
    const run = await changes(
      { present: [person('anna', { city: 'Ulm' }), person('emil')] },
      { gone: ['bert', 'nobody knows'] },
      { present: [person('carl')] },
      complete({ at: 2 }),
    );
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      counts: { read: 3, inScope: 3, created: 1, updated: 1, unchanged: 1, deactivated: 1, skipped: 0 },
    });
    expect(await statuses()).toEqual([
      'anna Ulm ACTIVE',
      'bert Bonn INACTIVE',
      'carl Bonn ACTIVE',
      'dora Bonn ACTIVE',
      'emil Bonn ACTIVE',
    ]);
    expect(await cursor()).toEqual({ at: 2 });
  });

  test('removes nobody when it ends incomplete, and continues from its former cursor', async () => {
    const run = await changes(
      { present: [person('anna', { city: 'Ulm' })] },
      { gone: ['bert'] },
      { end: { complete: false, because: 'the rest was cut off', cursor: { at: 2 } } },
    );
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { updated: 1, deactivated: 0 } });
    expect(await statuses()).toEqual(['anna Ulm ACTIVE', 'bert Bonn ACTIVE', 'carl Bonn ACTIVE', 'dora Bonn ACTIVE']);
    expect((await syncing.log(run.id)).map(({ message }) => message).join('\n')).toContain('the rest was cut off');
    expect(await cursor()).toEqual({ at: 1 });
  });

  test('removes nobody when it breaks', async () => {
    const run = await changes({ gone: ['anna', 'bert'] }, { breaks: 'the line is dead' });
    expect(run).toMatchObject({ status: 'FAILED', error: { message: 'the line is dead' } });
    expect((await statuses()).every((one) => one.endsWith('ACTIVE') && !one.endsWith('INACTIVE'))).toBe(true);
    expect(await cursor()).toEqual({ at: 1 });
  });

  test.each<[string, Step[]]>([
    ['goes on after its end', [complete(), { gone: ['anna'] }]],
    ['ends twice', [complete(), complete()]],
    ['never ends', [{ gone: ['anna'] }]],
  ])('removes nobody when it %s, which is an internal error', async (_, steps) => {
    await expect(changes(...steps)).rejects.toThrow(/^A source (went on|ended)/);
    expect((await statuses())[0]).toBe('anna Bonn ACTIVE');
  });

  test('removes nobody when its cursor is too long to store', async () => {
    const run = await changes({ gone: ['anna'] }, complete({ link: 'x'.repeat(70_000) }));
    expect(run).toMatchObject({ status: 'FAILED', error: { code: 'INVALID_RESPONSE' } });
    expect(await cursor()).toEqual({ at: 1 });
  });

  test('removes nobody in a run in which somebody comes without an id', async () => {
    const run = await changes({ gone: ['bert'] }, { present: [{ ...person('x'), id: null }] }, complete({ at: 2 }));
    expect(run.counts).toMatchObject({ skipped: 1, deactivated: 0 });
    expect(await cursor()).toEqual({ at: 1 });
  });

  test('of everybody: people who are absent at a complete end are gone', async () => {
    const run = await everybody({ present: [person('anna'), person('bert')] }, complete());
    expect(run.counts).toMatchObject({ read: 2, unchanged: 2, deactivated: 2 });
    expect(await cursor()).toBeNull();
  });

  test('continues from its cursor only while nobody needs another look', async () => {
    expect(await changes(complete({ at: 2 }))).toMatchObject({ status: 'SUCCEEDED', mode: 'INCREMENTAL' });
    expect(since()).toEqual({ at: 1 });
    await syncing.rows(`UPDATE contact_link SET hash = NULL WHERE external_id = 'anna'`);
    const people = ['anna', 'bert', 'carl', 'dora'].map((id) => person(id));
    expect(await everybody({ present: people }, complete({ at: 3 }))).toMatchObject({ mode: 'FULL' });
    expect(since()).toBeNull();
    await changes({ gone: ['bert'] }, complete({ at: 4 }));
    expect([since(), await cursor()]).toEqual([{ at: 3 }, { at: 4 }]);
  });

  test('continues from its cursor while people are gone, and removes their contacts when the grace is over', async () => {
    await syncing.edit(connection, { removal: { graceDays: 5 } });
    const rest = ['anna', 'carl', 'dora'].map((id) => person(id));
    expect(await everybody({ present: rest }, complete({ at: 2 }))).toMatchObject({ counts: { deactivated: 0 } });
    expect(await changes(complete({ at: 3 }))).toMatchObject({ mode: 'INCREMENTAL', counts: { deactivated: 0 } });
    expect(since()).toEqual({ at: 2 });
    await syncing.rows(
      `UPDATE contact_link SET gone_since = gone_since - interval '6 days' WHERE gone_since IS NOT NULL`,
    );
    const run = await changes({ present: [person('anna', { city: 'Ulm' })] }, complete({ at: 4 }));
    expect(run).toMatchObject({ mode: 'INCREMENTAL', counts: { updated: 1, deactivated: 1 } });
    expect(await statuses()).toEqual(['anna Ulm ACTIVE', 'bert Bonn INACTIVE', 'carl Bonn ACTIVE', 'dora Bonn ACTIVE']);
    expect(await changes({ present: [person('bert')] }, complete({ at: 5 }))).toMatchObject({
      counts: { reactivated: 1 },
    });
  });

  test('begins again after a feed of everybody that could not be applied in full', async () => {
    await everybody(
      { present: [person('anna', { city: 'Ulm' }), { ...person('bert'), id: null }] },
      complete({ at: 2 }),
    );
    expect(await cursor()).toBeNull();
    await everybody({ present: [person('anna', { mail: 'no address' })] }, complete({ at: 3 }));
    expect(await cursor()).toBeNull();
  });

  test('uses the last mention of a person in a feed of changes', async () => {
    const run = await changes(
      { present: [person('anna', { city: 'Ulm' }), person('emil'), person('fina'), person('bert')] },
      { gone: ['anna', 'emil', 'fina', 'carl', 'bert'] },
      { present: [person('fina', { city: 'Rom' }), person('carl', { city: 'Prag' }), person('bert')] },
      { present: [person('fina', { city: 'Wien' }), { ...person('dora'), disabled: true }] },
      { present: [person('dora')] },
      complete({ at: 3 }),
    );
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      counts: { read: 4, inScope: 4, created: 1, updated: 1, unchanged: 2, deactivated: 1, skipped: 0 },
      excluded: {},
    });
    expect(await statuses()).toEqual([
      'anna Bonn INACTIVE',
      'bert Bonn ACTIVE',
      'carl Prag ACTIVE',
      'dora Bonn ACTIVE',
      'fina Wien ACTIVE',
    ]);
  });

  test('uses the first mention of a person in a feed of everybody', async () => {
    await everybody(
      { present: [person('anna', { city: 'Ulm' }), person('bert'), person('carl'), person('dora')] },
      { present: [person('anna', { city: 'Rom' })] },
      complete(),
    );
    expect((await statuses())[0]).toBe('anna Ulm ACTIVE');
  });

  test('counts people who are out of scope now as gone, also in a feed of changes', async () => {
    const run = await changes({ present: [{ ...person('anna'), disabled: true }] }, complete({ at: 2 }));
    expect(run).toMatchObject({ counts: { read: 1, inScope: 0, deactivated: 1 }, excluded: { DISABLED: 1 } });
    expect((await statuses())[0]).toBe('anna Bonn INACTIVE');
  });

  test('holds a plan that removes too many people, also in a feed of changes', async () => {
    await syncing.edit(connection, { removal: { maxPercent: 10 } });
    const run = await changes({ gone: ['anna', 'bert', 'carl'] }, complete({ at: 2 }));
    expect(run.status).toBe('HELD');
    expect(await cursor()).toEqual({ at: 1 });
    await syncing.approve(run.id);
    expect(await cursor()).toEqual({ at: 2 });
  });

  test('continues from its cursor until the connection is edited', async () => {
    const readOn = async () => {
      const claimed = await syncing.claim(await syncing.start(connection));
      const facts = await syncing.store.open(claimed).facts();
      await syncing.runStore.end(claimed, { status: 'CANCELLED' });
      return facts.readOn.kind === 'from' ? facts.readOn.from.cursor : facts.readOn.kind;
    };
    expect(await readOn()).toEqual({ at: 1 });
    await syncing.edit(connection, { name: 'Moved' });
    expect(await readOn()).toBe('edited');
    await everybody({ present: [person('anna')] }, complete({ at: 9 }));
    expect(await readOn()).toEqual({ at: 9 });
  });

  test('keeps its cursor in a dry run', async () => {
    writeFileSync(file, JSON.stringify({ extent: 'changes', steps: [{ gone: ['anna'] }, complete({ at: 2 })] }));
    const run = await syncing.sync(connection, { dryRun: true });
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { deactivated: 1 } });
    expect((await statuses())[0]).toBe('anna Bonn ACTIVE');
    expect(await cursor()).toEqual({ at: 1 });
  });

  test('may report thousands who come, change and go in one page', async () => {
    const ids = Array.from({ length: 12_000 }, (_, i) => `p${String(i).padStart(5, '0')}`);
    await syncing.edit(connection, { mappings: [map('DISPLAY_NAME', 'cn'), map('CITY', 'city')] });
    await everybody({ present: ids.map((id) => person(id)) }, complete());
    const run = await changes(
      { present: ids.map((id) => person(id, { city: 'Ulm' })) },
      { gone: ids.slice(0, 11_000) },
      { present: ids.slice(0, 5_000).map((id) => person(id, { city: 'Rom' })) },
      complete({ at: 2 }),
    );
    expect(run).toMatchObject({
      status: 'SUCCEEDED',
      counts: { read: 6_000, inScope: 6_000, updated: 6_000, deactivated: 6_000, skipped: 0 },
    });
    const cities = await syncing.rows(`SELECT city, status, count(*)::int FROM contact GROUP BY 1, 2 ORDER BY 1, 2`);
    expect(cities).toEqual([
      { city: 'Bonn', status: 'INACTIVE', count: 6_004 },
      { city: 'Rom', status: 'ACTIVE', count: 5_000 },
      { city: 'Ulm', status: 'ACTIVE', count: 1_000 },
    ]);
  });

  test("has the scope's rules applied to each person, if it can't apply them itself", async () => {
    const { scope } = await syncing.connection(connection);
    const rules: ScopeRule[] = [{ attribute: 'team', operator: 'IN', values: ['Sales', 'Support'] }];
    await syncing.edit(connection, { scope: { ...scope, rules } });
    const run = await everybody(
      {
        present: [
          person('anna', { team: 'sales' }),
          person('bert', { team: ' SUPPORT ' }),
          person('carl', { team: 'IT', Team: 'Sales' }),
          person('dora'),
        ],
      },
      complete(),
    );
    expect(run).toMatchObject({
      counts: { read: 4, inScope: 2, unchanged: 2, updated: 0, deactivated: 2 },
      excluded: { NOT_BY_RULES: 2 },
    });
  });
});
