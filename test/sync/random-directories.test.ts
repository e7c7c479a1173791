import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../src/core/records.ts';
import type { StartRunMode } from '../../src/core/run.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dice, dn, map, removal, somebody, sumOf, unit } from './small-directory.ts';
import { everyChange, openForetelling } from './support/foretold.ts';

/**
 * `away`: still in the directory, but not met by the scope's filter. `member`: of the scope's group, which is not in the entry. An
 * empty `mail` is out of scope, too.
 */
type Person = { uid: string; name: string; mail: string; city: string; away: boolean; member: boolean };

const names = ['Byron', 'King', 'Lovelace'];
const cities = ['Paris', 'Rome', 'Oslo', ''];
/** Fewer addresses than people, so that addresses are claimed twice, handed over and swapped. */
const addresses = Array.from({ length: 12 }, (_, i) => `box${i}@example.org`);
/** No display name is mapped: it is put together. */
const mappings = [map('FAMILY_NAME', 'sn'), map('PRIMARY_EMAIL', 'mail'), map('CITY', 'l')];

const group = 'cn=staff,dc=example,dc=org';
const scope = scopeOf({ filter: '(!(employeeType=away))', groups: [group], requireEmail: true });

const inScope = (people: Map<string, Person>): Person[] =>
  [...people.values()].filter(({ away, mail, member }) => !away && mail !== '' && member);

describe('whatever happens in a directory', () => {
  let slapd: Slapd;
  let proxy: FaultProxy;
  let service: SyncService;
  let syncing: Syncing;
  let foretelling: ReturnType<typeof openForetelling>;
  beforeAll(async () => {
    const staff = { objectClass: 'groupOfNames', member: 'cn=reader,dc=example,dc=org' };
    slapd = await startSlapd({ entries: [unit, { dn: group, attributes: staff }] });
    proxy = await startFaultProxy(slapd.port);
    service = await openSyncing();
    foretelling = openForetelling(service);
  });
  afterAll(async () => {
    await foretelling?.close();
    await service?.close();
    await proxy?.close();
    await slapd?.close();
  });

  const change = async (people: Map<string, Person>, roll: (sides: number) => number, born: { count: number }) => {
    const ldif: string[] = [];
    const some = () => [...people.values()][roll(people.size)];
    const put = (person: Person, values: Partial<Person>) => {
      Object.assign(person, values);
      ldif.push(
        `dn: ${dn(person.uid)}\nchangetype: modify\nreplace: mail\n${person.mail === '' ? '' : `mail: ${person.mail}\n`}-\nreplace: sn\nsn: ${person.name}\n-\nreplace: l\n` +
          `${person.city === '' ? '' : `l: ${person.city}\n`}-\nreplace: employeeType\n` +
          `${person.away ? 'employeeType: away\n' : ''}-\n\n`,
      );
    };
    const name = () => names[roll(names.length)] ?? '';
    const address = () => addresses[roll(addresses.length)] ?? '';
    const join = () => {
      const person = {
        uid: `p${born.count++}`,
        name: name(),
        mail: address(),
        city: cities[roll(4)] ?? '',
        away: false,
        member: roll(5) > 0,
      };
      people.set(person.uid, person);
      const attributes = Object.entries(somebody(person.uid).attributes).map(([name, value]) =>
        name === 'mail' ? `mail: ${person.mail}` : `${name}: ${String(value)}`,
      );
      ldif.push(`dn: ${dn(person.uid)}\nchangetype: add\n${attributes.join('\n')}\n\n`);
      put(person, {});
    };
    const leave = (person: Person) => {
      people.delete(person.uid);
      ldif.push(`dn: ${dn(person.uid)}\nchangetype: delete\n\n`);
    };
    for (let i = 1 + roll(6); i > 0; i--) {
      const [one, other] = [some(), some()];
      const what = roll(11);
      if (one === undefined || other === undefined || what < 2) join();
      else if (what === 2) leave(one);
      else if (what === 3) put(one, { mail: address() });
      else if (what === 4) put(one, { city: cities[roll(4)] ?? '', name: name() });
      else if (what === 5) put(one, { mail: one.mail === '' ? address() : '' });
      else if (what < 8) one.member = !one.member;
      else if (what < 10) put(one, one.away ? { away: false, mail: address() } : { away: true });
      else {
        const mail = one.mail;
        put(one, { mail: other.mail });
        put(other, { mail });
      }
    }
    const members = [...people.values()].filter(({ member }) => member).map(({ uid }) => `member: ${dn(uid)}\n`);
    ldif.push(`dn: ${group}\nchangetype: modify\nreplace: member\nmember: cn=reader,dc=example,dc=org\n`);
    await slapd.change(`${ldif.join('')}${members.join('')}\n`);
  };

  /** A run that comes to nothing: it is cut off, cancelled or rejected. Or the connection is edited. */
  const disturb = async (connection: string, roll: (sides: number) => number) => {
    const before = await syncing.contacts();
    const what = roll(6);
    if (what === 0) {
      proxy.fault = { kind: 'cut', afterBytes: proxy.bytes + 200 + roll(6000) };
      const run = await syncing.sync(connection);
      proxy.fault = { kind: 'none' };
      if (run.status === 'SUCCEEDED') return;
      expect(run.status).toBe('FAILED');
    } else if (what === 1) {
      const held = await syncing.sync(connection, { review: true });
      if (held.status === 'HELD') await syncing.reject(held.id);
    } else if (what === 2) {
      const held = await syncing.sync(connection, { review: true });
      if (held.status === 'HELD') await syncing.runStore.cancel(syncing.workspaceId, held.id, held.startedBy);
    } else if (what === 3) await syncing.edit(connection, { description: `edited ${roll(1000)}` });
    expect(await syncing.contacts()).toEqual(before);
  };

  const expectSound = async (run: RunRecord) => {
    const { counts } = run;
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { failed: 0 } });
    expect(sumOf(counts)).toBe(counts.inScope);
    const lines = await syncing.log(run.id);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
    const told = (code: string) => lines.filter((line) => line.code === code).length;
    expect([told('CONTACT_CREATED'), told('CONTACT_UPDATED'), told('CONTACT_LINKED')]).toEqual([
      counts.created,
      counts.updated,
      counts.linked,
    ]);
    expect([told('CONTACT_REACTIVATED'), told('CONTACT_DEACTIVATED'), told('CONTACT_DELETED')]).toEqual([
      counts.reactivated,
      counts.deactivated,
      counts.deleted,
    ]);
    expect(lines.filter(({ level, person }) => level === 'WARN' && person !== null)).toHaveLength(counts.skipped);
  };

  type Fed = { person: string; name: string; mail: string; city: string | null; gone: boolean; due: boolean };
  const fedContacts = () =>
    syncing.rows<Fed>(
      `SELECT link.person, contact.display_name AS name, contact.primary_email AS mail, contact.city,
         link.gone_since IS NOT NULL AS gone, contact.removal_due_at IS NOT NULL AS due
       FROM contact_link AS link JOIN contact ON contact.id = link.contact_id WHERE contact.status = 'ACTIVE'`,
    );

  /**
   * Everybody whose address nobody else claims has one active contact with the directory's values. Nobody who is there counts as
   * gone, also not when they are skipped.
   */
  const expectModel = async (people: Map<string, Person>, before: readonly Fed[]) => {
    const fed = await fedContacts();
    const present = inScope(people);
    const isThere = ({ person }: Fed): boolean => present.some(({ uid }) => dn(uid) === person);
    for (const row of fed) if (isThere(row)) expect(row).toMatchObject({ gone: false, due: false });
    for (const { uid, name, mail, city } of present) {
      if (present.filter((other) => other.mail === mail).length > 1) continue;
      const own = fed.filter((row) => row.person === dn(uid));
      const holder = fed.find((row) => row.mail === mail);
      // A person who came back with another address keeps the contact. The person who claims the old address gets it in the next run.
      if (holder === undefined && before.some((row) => row.mail === mail && row.gone && isThere(row))) continue;
      if (holder !== undefined && holder.person !== dn(uid)) {
        // Only a contact whose person is still there, or that is kept, can hold the address.
        expect(holder.gone || isThere(holder)).toBe(true);
        continue;
      }
      expect({ uid, own }).toEqual({
        uid,
        own: [{ person: dn(uid), name, mail, city: city || null, gone: false, due: false }],
      });
    }
  };

  const outcome = ({ counts, excluded }: RunRecord) => ({ counts, excluded });
  const modes: StartRunMode[] = ['FULL', 'INCREMENTAL', 'INCREMENTAL', 'AUTO'];

  test.each([
    ['removals deactivate', 11, removal()],
    ['removals delete', 22, removal({ action: 'DELETE' })],
    ['contacts are kept', 33, removal({ action: 'KEEP' })],
    ['contacts have a grace', 44, removal({ graceDays: 5 })],
  ])('counts, log and contacts agree, whatever runs are full or incremental: %s', async (_, seed, policy) => {
    syncing = await service.workspace();
    const people = new Map<string, Person>();
    try {
      const roll = dice(seed);
      const born = { count: seed * 1000 };
      const connection = await syncing.createConnection(
        { ...slapd, url: proxy.url },
        { mappings, scope, removal: policy },
      );
      let incremental = 0;
      for (let round = 0; round < 15; round++) {
        await change(people, roll, born);
        await disturb(connection, roll);
        if (roll(3) === 0) await change(people, roll, born);
        const [before, fed] = [await syncing.contacts(), await fedContacts()];
        const dry = await syncing.sync(connection, { mode: modes[roll(4)], dryRun: true });
        const explained = (seed === 11 && round % 2 === 0) || round === 14 ? [...people.keys()].map(dn) : [];
        await foretelling.expectForetold(syncing, connection, dry, explained, people.size);
        expect(await syncing.contacts()).toEqual(before);
        const planned = await everyChange(syncing, dry);
        const run = await syncing.sync(connection, { mode: modes[roll(4)] });
        if (run.mode === 'INCREMENTAL') incremental++;
        expect(outcome(run)).toEqual(outcome(dry));
        expect(await everyChange(syncing, run)).toEqual(planned);
        await expectSound(run);
        await expectModel(people, fed);
      }
      expect(incremental).toBeGreaterThan(2);
      let last = await syncing.sync(connection);
      // Addresses that were claimed twice can become free one after another.
      for (let i = 0; i < 3 && last.counts.unchanged + last.counts.skipped < last.counts.inScope; i++)
        last = await syncing.sync(connection);
      const settled = await syncing.contacts();
      const again = await syncing.sync(connection);
      expect(again.counts).toMatchObject({
        created: 0,
        updated: 0,
        linked: 0,
        reactivated: 0,
        deactivated: 0,
        deleted: 0,
      });
      expect(await syncing.contacts()).toEqual(settled);
    } finally {
      if (people.size > 0)
        await slapd.change([...people.keys()].map((uid) => `dn: ${dn(uid)}\nchangetype: delete\n\n`).join(''));
    }
  });
});
