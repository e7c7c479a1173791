import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { FindingRecord, QualityKind } from '../../src/core/quality.ts';
import type { FindingsPage } from '../../src/core/store.ts';
import { done, entry, startFakeServer } from '../support/ldap-fake-server.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type RunOptions, type Syncing, type SyncService } from '../support/syncing.ts';
import { dice, dn, map, removal, somebody, unit } from './small-directory.ts';

describe('the findings of a run', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  let connection: string;

  beforeAll(async () => {
    slapd = await startSlapd();
    service = await openSyncing();
  });
  beforeEach(async () => {
    await slapd.refill([
      unit,
      somebody('ada'),
      somebody('bob', { displayName: 'Bob  Builder', telephoneNumber: 'ask Cy' }),
      somebody('cy', { mail: ['cy@example.org', 'no address'] }),
      somebody('dot', { mail: 'same@example.org' }),
      somebody('eve', { mail: 'same@example.org' }),
      somebody('fay', { mail: 'broken' }),
    ]);
    syncing = await service.workspace();
    connection = await create();
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  const create = () =>
    syncing.createConnection(slapd, {
      scope: scopeOf({ requireEmail: false }),
      mappings: [
        map('DISPLAY_NAME', 'displayName'),
        map('PRIMARY_EMAIL', 'mail'),
        map('PHONE', 'telephoneNumber', { label: 'work', transforms: ['PHONE_E164'] }),
      ],
      removal: removal(),
    });

  const page = async (runId: string, kind: QualityKind | null = null): Promise<FindingsPage> => {
    const found = (await syncing.workspace.findingsPages([runId], kind, { first: 200, after: null }))(runId);
    if (found === null) throw new Error('The run has no findings.');
    expect(await found.totalCount()).toBe(found.nodes.length);
    for (const { kind: one, count } of found.counts)
      if (kind === null) expect(found.nodes.filter((node) => node.kind === one)).toHaveLength(count);
    return found;
  };
  const short = ({ kind, person, isNew }: FindingRecord) =>
    `${isNew ? '+' : ''}${/uid=(\w+)/.exec(person)?.[1]} ${kind}`;
  const found = async (runId: string): Promise<string[]> => (await page(runId)).nodes.map(short).sort();
  const run = async (options: RunOptions = {}, of = connection): Promise<string> =>
    (await syncing.sync(of, options)).id;

  const all = [
    'bob STRAY_SPACE',
    'bob UNPARSABLE_PHONE',
    'cy MALFORMED_EMAIL',
    'dot DUPLICATE_EMAIL',
    'eve DUPLICATE_EMAIL',
    'fay MALFORMED_EMAIL',
  ];
  const asNew = (findings: readonly string[]) => findings.map((finding) => `+${finding}`).sort();

  test('name each person, the field and what is wrong', async () => {
    const first = await run();
    const { nodes, counts } = await page(first);
    expect(nodes.map(short).sort()).toEqual(asNew(all));
    expect(nodes.find(({ kind }) => kind === 'UNPARSABLE_PHONE')).toMatchObject({
      field: 'PHONE',
      personId: expect.any(String),
      message: 'telephoneNumber: "ask Cy" can\'t be read as a phone number.',
    });
    expect(nodes.find(({ kind }) => kind === 'DUPLICATE_EMAIL')?.message).toContain('same@example.org');
    expect(counts).toContainEqual({ kind: 'MALFORMED_EMAIL', count: 2, before: null });
    expect((await page(first, 'STRAY_SPACE')).nodes).toHaveLength(1);
  });

  test.each(['FULL', 'INCREMENTAL'] as const)('stay for people whom a run of mode %s finds unchanged', async (mode) => {
    await run();
    const second = await run({ mode });
    expect(await found(second)).toEqual(all);
    expect((await page(second)).counts).toContainEqual({ kind: 'MALFORMED_EMAIL', count: 2, before: 2 });
  });

  test.each(['FULL', 'INCREMENTAL'] as const)('end when the source is mended, in a run of mode %s', async (mode) => {
    const first = await run();
    await slapd.modify(dn('bob'), { displayName: 'Bob Builder' });
    await slapd.modify(dn('eve'), { mail: 'eve@example.org' });
    await slapd.modify(dn('ada'), { telephoneNumber: '1' });
    await slapd.delete(dn('fay'));
    const second = await run({ mode });
    expect(await found(second)).toEqual(['+ada UNPARSABLE_PHONE', 'bob UNPARSABLE_PHONE', 'cy MALFORMED_EMAIL']);
    expect((await page(second)).counts).toEqual([
      { kind: 'DUPLICATE_EMAIL', count: 0, before: 2 },
      { kind: 'MALFORMED_EMAIL', count: 1, before: 2 },
      { kind: 'STRAY_SPACE', count: 0, before: 1 },
      { kind: 'UNPARSABLE_PHONE', count: 2, before: 1 },
    ]);
    expect(await found(first)).toEqual(asNew(all));
  });

  test('end when a person is gone, and begin again when they return', async () => {
    await run();
    await slapd.delete(dn('bob'));
    expect(await found(await run())).toEqual(all.slice(2));
    expect(await found(await run())).toEqual(all.slice(2));
    const { dn: at, attributes } = somebody('bob', { displayName: 'Bob  Builder' });
    await slapd.add(at, attributes);
    expect(await found(await run())).toEqual(['+bob STRAY_SPACE', ...all.slice(2)]);
  });

  test.each([
    ['dry', { dryRun: true }],
    ['held', { review: true }],
  ] as const)('are right after a %s run whose changes the source took back', async (_, options) => {
    await run();
    await slapd.modify(dn('bob'), { displayName: 'Bob Builder', telephoneNumber: '+44 20 7946 0000' });
    await slapd.modify(dn('ada'), { displayName: 'Ada  Lovelace' });
    const other = await run(options);
    expect(await found(other)).toEqual(['+ada STRAY_SPACE', ...all.slice(2)]);
    if ('review' in options) await syncing.reject(other);
    await slapd.modify(dn('bob'), { displayName: 'Bob  Builder', telephoneNumber: 'ask Cy' });
    await slapd.modify(dn('ada'), { displayName: 'ADA' });
    const later = ['+bob STRAY_SPACE', '+bob UNPARSABLE_PHONE', ...all.slice(2)];
    expect(await found(await run())).toEqual(later.sort());
    expect(await found(await run())).toEqual(all);
  });

  test('follow the mapping', async () => {
    await run();
    await syncing.edit(connection, {
      mappings: [map('DISPLAY_NAME', 'cn'), map('PRIMARY_EMAIL', 'mail'), map('GIVEN_NAME', 'givenName')],
    });
    const second = await page(await run());
    const missing = ['ada', 'bob', 'cy', 'dot', 'eve', 'fay'].map((uid) => `+${uid} MISSING_VALUE`);
    expect(second.nodes.map(short).sort()).toEqual(
      [...missing.slice(0, 5), ...all.filter((one) => one.includes('_EMAIL'))].sort(),
    );
  });

  test('name people who lack what nearly everybody has, and nobody for what many lack', async () => {
    const uids = Array.from({ length: 30 }, (_, i) => `p${i}`);
    const entries = uids.map((uid, i) =>
      somebody(uid, { ...(i > 0 && { l: 'Oslo' }), ...(i % 2 === 0 && { title: 'Clerk' }), telephoneNumber: '+44 1' }),
    );
    await slapd.refill([unit, ...entries]);
    const id = await syncing.createConnection(slapd, {
      mappings: [
        map('DISPLAY_NAME', 'displayName'),
        map('CITY', 'l'),
        map('JOB_TITLE', 'title'),
        map('PHONE', 'telephoneNumber', { label: 'work' }),
        map('COMPANY', '', { attributes: [], value: 'Example' }),
      ],
      removal: removal(),
    });
    const first = await page(await run({}, id));
    expect(first.nodes).toMatchObject([{ kind: 'MISSING_VALUE', field: 'CITY', person: dn('p0') }]);
    expect(first.nodes[0]?.message).toBe('There is no value for CITY, which nearly everybody has: l.');
    await slapd.modify(dn('p0'), { l: 'Rome' });
    await slapd.modify(dn('p1'), { telephoneNumber: [] });
    await slapd.modify(dn('p2'), { title: [] });
    await slapd.add(dn('new'), { ...somebody('new').attributes, l: 'Rome' });
    for (const options of [{ dryRun: true }, {}, { mode: 'FULL' as const }]) {
      const { nodes } = await page(await run(options, id));
      const fields = nodes.map(({ person, field }) => `${/uid=(\w+)/.exec(person)?.[1]} ${field}`);
      expect(fields.sort()).toEqual(['new PHONE', 'p1 PHONE']);
    }
    await slapd.modify(dn('p1'), { telephoneNumber: '+44 2' });
    expect((await page(await run({}, id))).nodes).toHaveLength(1);
  });

  test('name contacts that another connection feeds, too', async () => {
    await run();
    const other = await create();
    const second = await run({}, other);
    const both = ['ada', 'bob', 'cy'].map((uid) => `+${uid} IN_TWO_CONNECTIONS`);
    expect((await page(second, 'IN_TWO_CONNECTIONS')).nodes.map(short).sort()).toEqual(both);
    expect((await page(second, 'IN_TWO_CONNECTIONS')).nodes[0]?.message).toContain('Directory 1');
    expect((await page(await run({ mode: 'FULL' }), 'IN_TWO_CONNECTIONS')).nodes.map(short).sort()).toEqual(both);
    await syncing.workspace.deleteConnection(other, 'KEEP', { kind: 'MEMBER', id: 'a', name: 'A' });
    expect((await page(await run({ mode: 'FULL' }), 'IN_TWO_CONNECTIONS')).nodes).toEqual([]);
    for (const table of ['quality_read', 'quality_finding', 'quality_doubt'])
      expect(await syncing.rows(`SELECT FROM ${table} WHERE connection_id = $1`, [other])).toEqual([]);
    const left = (await syncing.workspace.findingsPages([second], null, { first: 9, after: null }))(second);
    expect(left).toMatchObject({
      nodes: [],
      note: expect.stringContaining('were deleted together with the connection'),
    });
  });

  test.each([5, 77])('are those of the source as it is, after any runs: seed %i', async (seed) => {
    const roll = dice(seed);
    const pick = <T>(some: readonly T[]): T => some[roll(some.length)] as T;
    const present = new Set(['ada', 'bob', 'cy', 'dot', 'eve', 'fay']);
    const live = async (uid: string): Promise<void> => {
      const attributes = {
        displayName: pick([uid, `${uid}  x`]),
        telephoneNumber: pick(['+44 20 7946 0000', 'ask Cy']),
        mail: pick([`${uid}@example.org`, 'broken']),
      };
      if (!present.has(uid)) await slapd.add(dn(uid), somebody(uid, attributes).attributes);
      else if (roll(4) > 0) await slapd.modify(dn(uid), attributes);
      else {
        await slapd.delete(dn(uid));
        present.delete(uid);
        return;
      }
      present.add(uid);
    };
    const ofSource = async (runId: string) =>
      (await page(runId)).nodes
        .filter(({ kind }) => kind !== 'IN_TWO_CONNECTIONS' && kind !== 'DUPLICATE_EMAIL')
        .map(({ kind, person, field, message }) => ({ kind, person, field, message }));
    for (let step = 0; step < 12; step++) {
      for (const uid of ['ada', 'bob', 'cy', 'dot', 'eve', 'fay']) if (roll(3) === 0) await live(uid);
      const mode = pick(['FULL', 'INCREMENTAL'] as const);
      const how = pick(['real', 'real', 'dry', 'held'] as const);
      const id = await run({ mode, dryRun: how === 'dry', review: how === 'held' });
      // A new connection has mapped nobody before.
      const found = await ofSource(await run({ dryRun: true }, await create()));
      expect({ step, found: await ofSource(id) }).toEqual({ step, found });
      if ((await syncing.run(id)).status === 'HELD') await (roll(2) === 0 ? syncing.reject(id) : syncing.approve(id));
    }
  });

  test('name values that are no text, and people without an id by name', async () => {
    const ada = { displayName: Buffer.from([0x41, 0xff]), cn: 'Ada', mail: 'a@example.org', entryUUID: 'a' };
    const server = await startFakeServer({
      search: ({ id }) => [
        entry(id, 'uid=ada,dc=example,dc=org', ada),
        entry(id, 'uid=bob,dc=example,dc=org', { displayName: 'Bob', mail: 'b@example.org' }),
        done(id, { cookie: '' }),
      ],
    });
    const mappings = [map('DISPLAY_NAME', 'displayName'), map('PRIMARY_EMAIL', 'mail')];
    const id = await syncing.createConnection(server, { mappings, removal: removal() });
    expect((await page(await run({}, id))).nodes).toMatchObject([
      { kind: 'MISSING_VALUE', person: 'uid=bob,dc=example,dc=org', personId: null, field: null },
      { kind: 'UNDECODABLE', person: 'uid=ada,dc=example,dc=org', personId: 'a', field: 'DISPLAY_NAME' },
    ]);
    await server.close();
  });

  test('are read page by page', async () => {
    const first = await run();
    const nodes: FindingRecord[] = [];
    for (let after: string | null = null, more = true; more; ) {
      const part: FindingsPage | null = (await syncing.workspace.findingsPages([first], null, { first: 2, after }))(
        first,
      );
      nodes.push(...(part?.nodes ?? []));
      [after, more] = [part?.endCursor ?? null, part?.hasNextPage ?? false];
    }
    expect(nodes).toEqual((await page(first)).nodes);
  });
});
