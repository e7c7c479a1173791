import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startDs389 } from '../support/ds389.ts';
import type { LdapChanges } from '../support/ldap-changes.ts';
import type { LdifEntry } from '../support/ldap-ldif.ts';
import { describeSamba, installMs, sambaPerson, startSamba } from '../support/samba.ts';
import { defaultMappings } from '../support/source-defaults.ts';
import { type Directory, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dice, removal, sumOf } from './small-directory.ts';
import { openForetelling } from './support/foretold.ts';

/** The units of the directory. People in `out` are out of scope; `below` is a unit in `in`. */
const places = ['in', 'below', 'out'] as const;
type Person = { name: string; rdn: string; place: (typeof places)[number]; mail: string; title: string; off: boolean };
type Attributes = LdifEntry['attributes'];

type Server = LdapChanges & Directory & { baseDn: string };

/** What differs between the servers. */
type Kind = {
  rdn: 'CN' | 'uid';
  mapped: 'ACTIVE_DIRECTORY' | 'LDAP';
  /** What makes an account, without the attributes that every person has. */
  account(name: string): Attributes;
  /** What switches an account off or on. An empty list: the attribute is absent. */
  flag(off: boolean): Record<string, string | string[]>;
};

const activeDirectory: Kind = {
  rdn: 'CN',
  mapped: 'ACTIVE_DIRECTORY',
  account: (name) => sambaPerson(name, '').attributes,
  flag: (off) => ({ userAccountControl: off ? '546' : '544' }),
};
const directoryServer389: Kind = {
  rdn: 'uid',
  mapped: 'LDAP',
  account: (name) => ({ objectClass: 'inetOrgPerson', cn: name, sn: name }),
  flag: (off) => ({ nsAccountLock: off ? 'true' : [] }),
};

/** People who come, go, move, change and are switched off, as they are in the directory and as we know them. */
function livesIn(server: Server, kind: Kind, roll: (sides: number) => number) {
  const people: Person[] = [];
  let count = 0;
  const root = `ou=lives,${server.baseDn}`;
  const units = { in: `ou=in,${root}`, below: `ou=below,ou=in,${root}`, out: `ou=out,${root}` };
  const rdnOf = (person: Person): string => `${kind.rdn}=${person.rdn}`;
  const dnOf = (person: Person): string => `${rdnOf(person)},${units[person.place]}`;
  const modify = async (person: Person, change: Partial<Person>): Promise<void> => {
    Object.assign(person, change);
    const { mail, title, off } = person;
    await server.modify(dnOf(person), { mail: mail === '' ? [] : mail, title, ...kind.flag(off) });
  };
  const move = async (person: Person, change: Partial<Person>): Promise<void> => {
    const before = dnOf(person);
    Object.assign(person, change);
    if (dnOf(person) !== before) await server.rename(before, rdnOf(person), units[person.place]);
  };
  const join = async (): Promise<void> => {
    const name = `person${++count}`;
    const place = places[roll(3)] ?? 'in';
    const person: Person = { name, rdn: name, place, mail: '', title: 'New', off: false };
    people.push(person);
    await server.add(dnOf(person), { ...kind.account(name), displayName: name });
    await modify(person, { mail: roll(3) === 0 ? '' : `${name}@example.org`, off: roll(4) === 0 });
  };
  return {
    base: units.in,
    prepare: async () => {
      for (const dn of [root, units.in, units.below, units.out])
        await server.add(dn, { objectClass: 'organizationalUnit' });
    },
    step: async (): Promise<void> => {
      const what = roll(8);
      const person = people[roll(people.length)];
      if (person === undefined || what < 2) await join();
      else if (what === 2) {
        await server.delete(dnOf(person));
        people.splice(people.indexOf(person), 1);
      } else if (what === 3) await move(person, { rdn: `${person.name}.${++count}` });
      else if (what === 4) await move(person, { place: places[roll(3)] ?? 'in' });
      else if (what === 5) await modify(person, { off: !person.off });
      else if (what === 6) await modify(person, { mail: person.mail === '' ? `${person.name}@example.org` : '' });
      else await modify(person, { title: `Title ${++count}` });
    },
    everybody: (): string[] => people.map(dnOf),
    inScope: (): Person[] => people.filter(({ place, off }) => place !== 'out' && !off),
  };
}

const contactsOf = async (syncing: Syncing) =>
  Object.fromEntries(
    (await syncing.contacts()).map(({ display_name, status, primary_email, job_title }) => [
      display_name,
      status === 'ACTIVE' ? [primary_email ?? '', job_title] : 'INACTIVE',
    ]),
  );

/** Full runs, incremental runs and AUTO runs all end with what is in the directory. */
async function expectSoundLives(service: SyncService, server: Server, kind: Kind, seed: number): Promise<void> {
  const roll = dice(seed);
  const lives = livesIn(server, kind, roll);
  await lives.prepare();
  const syncing = await service.workspace();
  const connection = await syncing.createConnection(server, {
    kind: kind.mapped,
    mappings: defaultMappings(kind.mapped),
    source: { baseDns: [lives.base], pageSize: 2 },
    removal: removal(),
  });
  const foretelling = openForetelling(service);
  const expected: Record<string, [string, string] | 'INACTIVE'> = {};
  for (let round = 0; round < 14; round++) {
    for (let steps = 1 + roll(4); steps > 0; steps--) await lives.step();
    if (round % 2 === 1) {
      const dry = await syncing.sync(connection, { dryRun: true });
      await foretelling.expectExplained(syncing, connection, dry, lives.everybody());
    }
    const mode = (['FULL', 'INCREMENTAL', 'INCREMENTAL', 'AUTO'] as const)[roll(4)] ?? 'AUTO';
    const run = await syncing.sync(connection, { mode });
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { skipped: 0, failed: 0 } });
    expect(sumOf(run.counts)).toBe(run.counts.inScope);
    for (const name of Object.keys(expected)) expected[name] = 'INACTIVE';
    for (const { name, mail, title } of lives.inScope()) expected[name] = [mail, title];
    expect(await contactsOf(syncing)).toEqual(expected);
    expect(await syncing.contacts()).toHaveLength(Object.keys(expected).length);
  }
  await foretelling.close();
}

describe('after any changes on a real server, full and incremental runs in any order end with its state', () => {
  let service: SyncService;
  beforeAll(async () => {
    service = await openSyncing();
  });
  afterAll(() => service?.close());

  const title = 'nobody is lost, doubled or kept';

  test(
    `${title} with 389 Directory Server`,
    async () => {
      await using server = await startDs389();
      await expectSoundLives(service, server, directoryServer389, 7);
    },
    installMs,
  );

  describeSamba("a domain controller of Samba's", () => {
    test(
      title,
      async () => {
        await using dc = await startSamba();
        await expectSoundLives(service, dc, activeDirectory, 8);
      },
      installMs,
    );
  });
});
