import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ContactFilter, ContactOrder, WorkspaceStore } from '../../../src/core/store.ts';
import { feedSettled } from '../../support/postgres.ts';
import { insertContacts, insertLinks } from '../support/insert-rows.ts';
import { connectionEdit, member, openRig, type Rig } from '../support/open-rig.ts';

let rig: Rig;
let workspaceId: string;
let store: WorkspaceStore;

const all: ContactFilter = {
  search: null,
  email: null,
  externalId: null,
  status: null,
  connectionId: null,
  updatedSince: null,
  dueForRemoval: null,
  orderBy: 'NAME_ASC',
};

const at = (minute: number) => new Date(Date.UTC(2026, 0, 1, 12, minute));
const seeds = [
  { DISPLAY_NAME: 'Zoë Ångström', COMPANY: 'Øst', PRIMARY_EMAIL: 'Zoe@Example.com', at: at(1) },
  { DISPLAY_NAME: 'Anna Angstrom', COMPANY: 'acme', PRIMARY_EMAIL: "anna.o'hara@example.com", at: at(2) },
  { DISPLAY_NAME: 'anna berg', EMAIL: [{ label: 'home', value: 'Berg@Home.example' }], at: at(3) },
  { DISPLAY_NAME: 'Bo', COMPANY: 'Ärzte & Co', PHONE: [{ label: 'work', value: '+49 30 1234567' }], at: at(4) },
  { DISPLAY_NAME: '李 小龍', status: 'INACTIVE', PRIMARY_EMAIL: 'zoe@example.com', at: at(5) },
];

beforeAll(async () => {
  rig = await openRig();
  ({ id: workspaceId, store } = await rig.workspace());
  await insertContacts(rig.database.syncPool, workspaceId, seeds);
  const foreign = await rig.workspace();
  await insertContacts(rig.database.syncPool, foreign.id, [
    { DISPLAY_NAME: 'Anna Foreign', PRIMARY_EMAIL: 'zoe@example.com' },
  ]);
  await feedSettled(rig.url);
});

afterAll(() => rig?.close());

const names = async (filter: Partial<ContactFilter>, of = store): Promise<(string | undefined)[]> => {
  const page = await of.contactsPage({ ...all, ...filter }, { first: 50, after: null });
  expect(await page.totalCount()).toBe(page.nodes.length);
  return page.nodes.map(({ values }) => values.DISPLAY_NAME);
};

const [zoe, annaAngstrom, annaBerg, bo, li] = seeds.map((seed) => seed.DISPLAY_NAME);

describe('searching as it is typed', () => {
  let typed: WorkspaceStore;
  beforeAll(async () => {
    const other = await rig.workspace();
    typed = other.store;
    const phone = (value: string) => ({ PHONE: [{ label: 'work', value }] });
    await insertContacts(rig.database.syncPool, other.id, [
      { DISPLAY_NAME: 'Anders Ångström', PRIMARY_EMAIL: 'anders.angstrom@acme.example', ...phone('+49 30 123456') },
      { DISPLAY_NAME: 'Ayşe Güneş', PRIMARY_EMAIL: 'ayse_gunes2@acme.example', ...phone('030 123456') },
      { DISPLAY_NAME: 'Jörg Müller', PRIMARY_EMAIL: 'jm@home.example', ...phone('(415) 555-0100') },
      { DISPLAY_NAME: 'Other', PRIMARY_EMAIL: 'angstromer@acme.example', ...phone('+1 202 9875678') },
    ]);
  });

  const [anders, ayse, jorg, other] = ['Anders Ångström', 'Ayşe Güneş', 'Jörg Müller', 'Other'];

  test.each([
    ['angstrom@', [anders]],
    ['Ångström@acme.ex', [anders]],
    ['angstrom', [anders, other]],
    ['gunes2@', [ayse]],
    ['gunes@', []],
    ['m@', []],
    ['@acme.example', [anders, ayse, other]],
    ['3456', [anders, ayse]],
    ['0100', [jorg]],
    ['5678', [other]],
    ['567', []],
    ['030 123456', [anders, ayse]],
    ['+49 30 123456', [anders, ayse]],
    ['+49 (0)30 12', [anders, ayse]],
    ['+1 415 555 0100', [jorg]],
    ['202 987', [other]],
    ['mueller joerg', [jorg]],
    ['muller', [jorg]],
    ['100%@', []],
  ])('%j finds %j', async (search, found) => {
    expect(await names({ search }, typed)).toEqual(found);
  });
});

describe('searching contacts', () => {
  test.each([
    ['ang', [annaAngstrom, zoe]],
    ['ÅNGSTRÖM anna', [annaAngstrom]],
    ['berg anna', [annaBerg]],
    ['ann', [annaAngstrom, annaBerg]],
    ['anna angx', []],
    ['zoe@exa', [zoe, li]],
    ['berg@home.example', [annaBerg]],
    ['+49 (30) 12345', [bo]],
    ['030 1234', [bo]],
    ['arzte', [bo]],
    ['李', [li]],
    ['%', []],
    ['+', [annaAngstrom, annaBerg, bo, zoe, li]],
    ['', [annaAngstrom, annaBerg, bo, zoe, li]],
    ['foreign', []],
  ])('%p finds %p', async (search, found) => {
    expect(await names({ search })).toEqual(found);
  });

  test.each([
    ['ZOE@example.COM', [zoe, li]],
    [' berg@home.example ', [annaBerg]],
    ["anna.o'hara@example.com", [annaAngstrom]],
    ['anna.ohara@example.com', []],
    ['zoe@example.co', []],
    ['', []],
  ])('email %p is looked up exactly, without case, primary or labeled', async (email, found) => {
    expect(await names({ email })).toEqual(found);
  });

  test('by status, and by the connection that feeds them', async () => {
    expect(await names({ status: 'INACTIVE' })).toEqual([li]);
    const connection = await store.createConnection(connectionEdit(), { bindPassword: null }, member);
    const [one, other] = (await store.contactsPage({ ...all, search: 'anna' }, { first: 2, after: null })).nodes;
    await insertLinks(rig.database.syncPool, workspaceId, connection.id, [
      { contactId: one?.id ?? '', externalId: 'Person-1' },
      { contactId: other?.id ?? '', externalId: 'Person-2', goneSince: new Date() },
    ]);
    expect(await names({ connectionId: connection.id })).toEqual([annaAngstrom]);
    expect(await names({ externalId: 'Person-1' })).toEqual([annaAngstrom]);
    expect(await names({ externalId: 'person-1' })).toEqual([]);
    expect(await names({ connectionId: connection.id, search: 'anna', status: 'ACTIVE' })).toEqual([annaAngstrom]);
    expect(await names({ connectionId: 'no-uuid' })).toEqual([]);
    expect(await names({ connectionId: workspaceId })).toEqual([]);
  });
});

describe('the order of contacts', () => {
  const orders: [ContactOrder, (string | undefined)[]][] = [
    ['NAME_ASC', [annaAngstrom, annaBerg, bo, zoe, li]],
    ['NAME_DESC', [li, zoe, bo, annaBerg, annaAngstrom]],
    ['COMPANY_ASC', [annaAngstrom, bo, zoe, annaBerg, li]],
    ['COMPANY_DESC', [zoe, bo, annaAngstrom, li, annaBerg]],
    ['UPDATED_ASC', [zoe, annaAngstrom, annaBerg, bo, li]],
    ['UPDATED_DESC', [li, bo, annaBerg, annaAngstrom, zoe]],
    ['CREATED_DESC', [li, bo, annaBerg, annaAngstrom, zoe]],
  ];

  test.each(orders)('%s is the same over pages of every size, with a search or without', async (orderBy, expected) => {
    for (const search of [null, 'e']) {
      const wanted = search === null ? expected : await names({ orderBy, search });
      for (let first = 1; first <= expected.length; first++) {
        const found: (string | undefined)[] = [];
        let after: string | null = null;
        for (let more = true; more; ) {
          const page = await store.contactsPage({ ...all, orderBy, search }, { first, after });
          found.push(...page.nodes.map(({ values }) => values.DISPLAY_NAME));
          ({ hasNextPage: more, endCursor: after } = page);
        }
        expect(found).toEqual(wanted);
      }
    }
  });

  test('contacts without a company come last in both directions', () => {
    const order = Object.fromEntries(orders);
    expect(order.COMPANY_ASC?.slice(-2).sort()).toEqual([annaBerg, li].sort());
    expect(order.COMPANY_DESC?.slice(-2).sort()).toEqual([annaBerg, li].sort());
  });
});

describe('a cursor', () => {
  const cursorOf = async (filter: Partial<ContactFilter>) =>
    (await store.contactsPage({ ...all, ...filter }, { first: 1, after: null })).endCursor;

  test('of another order, filter or list is BAD_USER_INPUT, as is a garbled one', async () => {
    const cursors = [
      await cursorOf({ orderBy: 'NAME_DESC' }),
      await cursorOf({ search: 'anna' }),
      await cursorOf({ status: 'ACTIVE' }),
      'garbled',
      '',
      Buffer.from('{}').toString('base64url'),
    ];
    for (const after of cursors) {
      await expect(store.contactsPage(all, { first: 1, after })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
    }
  });

  test.each([0, -1, 201, 1.5])('with `first` %p is BAD_USER_INPUT', async (first) => {
    await expect(store.contactsPage(all, { first, after: null })).rejects.toMatchObject({ code: 'BAD_USER_INPUT' });
  });
});

describe('the change feed', () => {
  test('includes changes of exactly that moment', async () => {
    expect(await names({ updatedSince: at(4), orderBy: 'UPDATED_ASC' })).toEqual([bo, li]);
  });

  test('shows no change that an open transaction could still precede', async () => {
    const feed = await rig.workspace();
    const pool = rig.database.syncPool;
    const slow = await pool.connect();
    await slow.query('BEGIN');
    await slow.query('SELECT pg_current_xact_id()');
    // The time of a change comes from the clock. Changes more than a day old can't wait for an open transaction.
    await insertContacts(pool, feed.id, [{ DISPLAY_NAME: 'Later', at: new Date() }]);
    expect(await names({ orderBy: 'UPDATED_ASC' }, feed.store)).toEqual([]);
    expect(await names({ updatedSince: at(0) }, feed.store)).toEqual([]);
    expect(await names({ orderBy: 'UPDATED_DESC' }, feed.store)).toEqual(['Later']);
    await slow.query('COMMIT');
    slow.release();
    await feedSettled(rig.url);
    expect(await names({ orderBy: 'UPDATED_ASC' }, feed.store)).toEqual(['Later']);
  });
});

describe('a contact', () => {
  test('is read with only its filled values', async () => {
    const [id] = await insertContacts(rig.database.syncPool, workspaceId, [
      { DISPLAY_NAME: 'Whole', PORTAL_ACCESS: true, PHONE: [{ label: 'work', value: '1' }], at: at(9) },
    ]);
    const [contact] = await store.contactsByIds([id ?? '', 'no-uuid', workspaceId]);
    expect(contact).toEqual({
      id,
      status: 'ACTIVE',
      values: { DISPLAY_NAME: 'Whole', PORTAL_ACCESS: true, PHONE: [{ label: 'work', value: '1' }] },
      createdAt: at(9),
      updatedAt: at(9),
      removalDueAt: null,
      lockedFields: [],
      version: 1,
    });
  });

  test('has the connections that feed it as sources, last seen at their last complete read', async () => {
    const [id = ''] = await insertContacts(rig.database.syncPool, workspaceId, [{ DISPLAY_NAME: 'Fed' }]);
    const low = await store.createConnection(
      connectionEdit({ name: 'Low', priority: 20 }),
      { bindPassword: null },
      member,
    );
    const high = await store.createConnection(
      connectionEdit({ name: 'High', priority: 1 }),
      { bindPassword: null },
      member,
    );
    const gone = await store.createConnection(connectionEdit({ name: 'Gone' }), { bindPassword: null }, member);
    await insertLinks(rig.database.syncPool, workspaceId, low.id, [{ contactId: id, externalId: 'l' }]);
    await insertLinks(rig.database.syncPool, workspaceId, high.id, [{ contactId: id, externalId: 'h' }]);
    await insertLinks(rig.database.syncPool, workspaceId, gone.id, [
      { contactId: id, externalId: 'g', goneSince: new Date() },
    ]);
    await rig.database.syncPool.query('UPDATE connection SET last_complete_read_at = $2 WHERE id = $1', [
      low.id,
      at(30),
    ]);
    const sources = await store.sourcesOf([id]);
    expect(sources.map(({ connectionName, externalId }) => [connectionName, externalId])).toEqual([
      ['High', 'h'],
      ['Low', 'l'],
    ]);
    expect(sources.at(1)?.lastSeenAt).toEqual(at(30));
    expect(await rig.store.in((await rig.workspace()).id).sourcesOf([id])).toEqual([]);
  });
});
