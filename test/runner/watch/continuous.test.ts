import { setTimeout as pause } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import pg from 'pg';
import { type Data, startApi, type TestApi } from '../../support/api.ts';
import { type FaultProxy, startFaultProxy } from '../../support/fault-proxy.ts';
import { type Slapd, startSlapd } from '../../support/slapd.ts';

let api: TestApi;
let slapd: Slapd;
const proxies: FaultProxy[] = [];

const base = 'dc=example,dc=org';
const person = (uid: string, parent: string) => ({
  dn: `uid=${uid},${parent}`,
  attributes: { objectClass: ['inetOrgPerson'], uid, cn: `${uid} Person`, sn: 'Person', mail: `${uid}@example.org` },
});
const unit = (ou: string) => ({ dn: `ou=${ou},${base}`, attributes: { objectClass: ['organizationalUnit'], ou } });

beforeAll(async () => {
  [api, slapd] = await Promise.all([
    startApi(),
    startSlapd({
      modules: ['syncprov'],
      config: ['overlay syncprov'],
      entries: [
        ...['one', 'two', 'three', 'four', 'edited', 'groups'].map(unit),
        ...['one', 'two', 'three', 'four', 'edited'].flatMap((ou) =>
          ['ada', 'bob', 'cleo'].map((uid) => person(`${uid}-${ou}`, `ou=${ou},${base}`)),
        ),
        {
          dn: `cn=staff,ou=groups,${base}`,
          attributes: { objectClass: ['groupOfNames'], cn: 'staff', member: `uid=ada-two,ou=two,${base}` },
        },
      ],
    }),
  ]);
});
afterAll(async () => {
  await api?.close();
  for (const proxy of proxies) await proxy.close();
  await slapd?.close();
});

/** Asks again and again. The pauses leave time for other work. */
async function until<T>(ask: () => Promise<T>, is: (answer: T) => boolean): Promise<T> {
  for (;;) {
    const answer = await ask();
    if (is(answer)) return answer;
    await pause(20);
  }
}

async function proxied(): Promise<FaultProxy> {
  const proxy = await startFaultProxy(slapd.port);
  proxies.push(proxy);
  return proxy;
}

async function watched(ou: string, changes: object = {}, server: { url: string } = slapd): Promise<string> {
  const { createConnection } = await api.ask(
    'mutation ($input: CreateConnectionInput!) { createConnection(input: $input) { connection { id } userErrors { field code message } } }',
    {
      input: {
        name: `Directory ${ou}`,
        status: 'ENABLED',
        continuous: true,
        removal: { maxPercent: 100 },
        source: {
          ldap: {
            urls: [server.url],
            bindDn: slapd.bindDn,
            bindPassword: slapd.bindPassword,
            baseDns: [`ou=${ou},${base}`],
          },
        },
        ...changes,
      },
    },
  );
  expect(createConnection.userErrors).toEqual([]);
  return createConnection.connection.id;
}

const edit = (id: string, input: object): Promise<Data> =>
  api.ask(
    'mutation ($id: ID!, $input: UpdateConnectionInput!) { updateConnection(id: $id, input: $input) { connection { id } userErrors { code } } }',
    { id, input },
  );

/** The status of all contacts, by name. */
async function contacts(): Promise<Record<string, string>> {
  const answer = await api.ask('{ contacts(first: 200) { nodes { displayName status } } }');
  return Object.fromEntries(answer.contacts.nodes.map((one: Data) => [one.displayName, one.status]));
}

/** The titles of the active contacts of people with a number, by uid. */
async function titlesOfContacts(): Promise<Record<string, string>> {
  const answer = await api.ask('{ contacts(first: 200, status: ACTIVE) { nodes { displayName jobTitle } } }');
  const numbered = answer.contacts.nodes.filter((one: Data) => /^r\d+ /.test(one.displayName));
  return Object.fromEntries(numbered.map((one: Data) => [one.displayName.split(' ')[0], one.jobTitle]));
}

/** Repeatable random numbers (a linear congruential generator). */
function dice(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
}

async function connection(id: string): Promise<Data> {
  const answer = await api.ask(
    `query ($id: ID!) { connection(id: $id) {
      watch { watching since lastChangeAt error { code message hint } }
      runs(first: 50) { nodes { id trigger status startedBy { kind name } log(first: 50) { nodes { level code message } } } }
    } }`,
    { id },
  );
  return answer.connection;
}

/** Waits until the watch listens and its first run has ended. */
const settled = (id: string): Promise<Data> =>
  until(
    () => connection(id),
    ({ watch, runs }) => watch.watching && runs.nodes.length > 0 && runs.nodes[0].status === 'SUCCEEDED',
  );

describe('a continuous connection', () => {
  test('follows the directory: people who are changed, added, moved away and deleted', async () => {
    const id = await watched('one');
    const { watch, runs } = await settled(id);
    expect(watch).toMatchObject({ watching: true, lastChangeAt: null, error: null });
    expect(runs.nodes[0]).toMatchObject({ trigger: 'WATCH', startedBy: { kind: 'SERVICE', name: 'Watch' } });
    expect(runs.nodes[0].log.nodes[0]).toMatchObject({ level: 'INFO', code: 'WATCH_STARTED' });
    expect(Object.keys(await contacts()).sort()).toEqual(['ada-one Person', 'bob-one Person', 'cleo-one Person']);

    await slapd.modify(`uid=ada-one,ou=one,${base}`, { cn: 'Ada Lovelace' });
    await until(contacts, (all) => 'Ada Lovelace' in all);
    const dora = person('dora', `ou=one,${base}`);
    await slapd.add(dora.dn, dora.attributes);
    await until(contacts, (all) => all['dora Person'] === 'ACTIVE');
    await slapd.rename(`uid=bob-one,ou=one,${base}`, 'uid=bob-one', `ou=groups,${base}`);
    await until(contacts, (all) => all['bob-one Person'] === 'INACTIVE');
    await slapd.delete(dora.dn);
    await until(contacts, (all) => all['dora Person'] === 'INACTIVE');
    const after = await connection(id);
    expect(after.watch.since).toBe(watch.since);
    expect(new Date(after.watch.lastChangeAt).getTime()).toBeGreaterThan(new Date(watch.since).getTime());
  });

  test('imports the changes that it missed while its connection was lost', async () => {
    const proxy = await proxied();
    const id = await watched('two', { scope: { groups: ['staff'] } }, proxy);
    await settled(id);
    expect(await contacts()).toHaveProperty('ada-two Person');

    proxy.fault = { kind: 'cut', afterBytes: 0 };
    proxy.cut();
    await until(
      () => connection(id),
      ({ watch }) => watch.error !== null,
    );
    await slapd.modify(`cn=staff,ou=groups,${base}`, {
      member: ['ada', 'bob'].map((uid) => `uid=${uid}-two,ou=two,${base}`),
    });
    proxy.fault = { kind: 'none' };
    await until(contacts, (all) => all['bob-two Person'] === 'ACTIVE');
    expect((await settled(id)).watch).toMatchObject({ watching: true, error: null });

    await slapd.modify(`cn=staff,ou=groups,${base}`, { member: [`uid=bob-two,ou=two,${base}`] });
    await until(contacts, (all) => all['ada-two Person'] === 'INACTIVE');
  });

  test('imports a change whose contact somebody edited at the same moment', async () => {
    const id = await watched('edited');
    await settled(id);
    const ada = (await api.ask('{ contacts(search: "ada-edited") { nodes { id } } }')).contacts.nodes[0].id;
    const client = new pg.Client(api.databaseUrl);
    await client.connect();
    try {
      // The open transaction locks the contact. The edit waits for it, and the run waits behind the edit with its plan.
      const waiting = `SELECT count(*)::int AS n FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'`;
      const isWaiting = async (): Promise<number> => (await client.query(waiting)).rows[0].n;
      await client.query('BEGIN');
      await client.query('SELECT FROM contact WHERE id = $1 FOR UPDATE', [ada]);
      const edit = api.ask(
        'mutation ($id: ID!) { updateContact(id: $id, input: { notes: "By hand" }) { userErrors { code } } }',
        { id: ada },
      );
      await until(isWaiting, (n) => n === 1);
      await slapd.modify(`uid=ada-edited,ou=edited,${base}`, { title: 'Director' });
      await until(isWaiting, (n) => n === 2);
      await client.query('ROLLBACK');
      expect((await edit).updateContact.userErrors).toEqual([]);
    } finally {
      await client.end();
    }
    const { contact } = await until(
      () => api.ask('query ($id: ID!) { contact(id: $id) { jobTitle notes } }', { id: ada }),
      (answer) => answer.contact.jobTitle !== null,
    );
    expect(contact).toEqual({ jobTitle: 'Director', notes: 'By hand' });
    const runs = await until(
      async () => (await connection(id)).runs.nodes,
      ([newest]) => newest.status === 'SUCCEEDED',
    );
    expect(runs[0].log.nodes[0].message).toBe(
      'The previous run left contacts alone that somebody had changed during it.',
    );
  });

  test('is watched with the password of the last edit, and shows when it is refused', async () => {
    const proxy = await proxied();
    const id = await watched('three', {}, proxy);
    await settled(id);
    await edit(id, { source: { ldap: { bindPassword: 'wrong' } } });
    const refused = await until(
      () => connection(id),
      ({ watch }) => watch.error !== null,
    );
    expect(refused.watch).toMatchObject({ watching: false, since: null, error: { code: 'BIND_REFUSED' } });
    const { connections } = proxy;
    await edit(id, { source: { ldap: { bindPassword: slapd.bindPassword } } });
    await until(
      () => connection(id),
      ({ watch }) => watch.watching,
    );
    expect(proxy.connections).toBeGreaterThan(connections);
  });

  test('ends up like its directory, whatever happens there and to its connections', async () => {
    const proxy = await proxied();
    const ou = `ou=five,${base}`;
    await slapd.add(ou, { objectClass: 'organizationalUnit', ou: 'five' });
    await watched('five', {}, proxy);
    const roll = dice(7);
    const titles: Record<string, string> = {};
    const entitle = (uid: string) => {
      titles[uid] = `Title ${roll(1000)}`;
      return slapd.modify(`uid=${uid},${ou}`, { title: titles[uid] });
    };
    const move = (uid: string) => {
      delete titles[uid];
      return slapd.rename(`uid=${uid},${ou}`, `uid=${uid}`, `ou=groups,${base}`);
    };
    const leave = (uid: string) => {
      delete titles[uid];
      return slapd.delete(`uid=${uid},${ou}`);
    };
    const join = (uid: string) => {
      titles[uid] = 'New';
      return slapd.add(`uid=${uid},${ou}`, { ...person(uid, ou).attributes, title: 'New' });
    };
    const isAlike = (found: Record<string, string>) => isDeepStrictEqual(found, titles);
    for (let round = 0; round < 40; round++) {
      const there = Object.keys(titles);
      const one = there[roll(there.length)];
      await (one === undefined || roll(3) === 0 ? join(`r${round}`) : [entitle, move, leave][roll(3)]?.(one));
      if (roll(6) === 0) proxy.cut();
      if (roll(12) === 0) await until(titlesOfContacts, isAlike);
    }
    await until(titlesOfContacts, isAlike);
  });

  test.each([
    ['when it is turned off', (id: string) => edit(id, { continuous: false })],
    ['when it becomes a Draft', (id: string) => edit(id, { status: 'DRAFT' })],
    [
      'when it is deleted',
      (id: string) => api.ask('mutation ($id: ID!) { deleteConnection(id: $id) { deletedId } }', { id }),
    ],
    [
      'when Contact Sync is turned off',
      () => api.ask('mutation { setContactSyncEnabled(enabled: false) { viewer { id } userErrors { code } } }'),
    ],
  ])('is not watched any more %s', async (_, turnOff) => {
    const proxy = await proxied();
    const id = await watched('four', {}, proxy);
    await settled(id);
    await until(
      async () => proxy.open,
      (open) => open === 1,
    );
    await turnOff(id);
    await until(
      async () => proxy.open,
      (open) => open === 0,
    );
  });
});
