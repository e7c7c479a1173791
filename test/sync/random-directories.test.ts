import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RunRecord } from '../../src/core/records.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { createSyncing, type Syncing } from '../support/syncing.ts';
import { dn, map, removal, somebody, sumOf, unit } from './small-directory.ts';

type Person = { uid: string; mail: string; city: string };

/** Repeatable chance (a linear congruential generator). */
const dice = (seed: number) => {
  let state = seed;
  return (sides: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
};

const cities = ['Paris', 'Rome', 'Oslo', ''];
/** Fewer than there are people at most, so that they are claimed twice, handed on and swapped. */
const addresses = Array.from({ length: 14 }, (_, i) => `box${i}@example.org`);
const mappings = [map('DISPLAY_NAME', 'displayName'), map('PRIMARY_EMAIL', 'mail'), map('CITY', 'l')];

describe('whatever happens in a directory', () => {
  let slapd: Slapd;
  let syncing: Syncing;
  beforeAll(async () => {
    slapd = await startSlapd({ entries: [unit] });
  });
  afterAll(async () => {
    await slapd?.close();
  });

  const change = async (people: Map<string, Person>, roll: (sides: number) => number, born: { count: number }) => {
    const ldif: string[] = [];
    const some = () => [...people.values()][roll(people.size)];
    const put = (person: Person, values: Partial<Person>) => {
      Object.assign(person, values);
      ldif.push(
        `dn: ${dn(person.uid)}\nchangetype: modify\nreplace: mail\nmail: ${person.mail}\n-\nreplace: l\n` +
          `${person.city === '' ? '' : `l: ${person.city}\n`}-\n\n`,
      );
    };
    const address = () => addresses[roll(addresses.length)] ?? '';
    const join = () => {
      const person = { uid: `p${born.count++}`, mail: address(), city: cities[roll(4)] ?? '' };
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
    for (let i = 1 + roll(5); i > 0; i--) {
      const [one, other] = [some(), some()];
      const what = roll(6);
      if (one === undefined || other === undefined || what < 2) join();
      else if (what === 2) leave(one);
      else if (what === 3) put(one, { mail: address() });
      else if (what === 4) put(one, { city: cities[roll(4)] ?? '' });
      else {
        const mail = one.mail;
        put(one, { mail: other.mail });
        put(other, { mail });
      }
    }
    await slapd.change(ldif.join(''));
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
    expect(lines.filter(({ level, code }) => level === 'WARN' && code !== 'EMPTY_READ')).toHaveLength(counts.skipped);
  };

  /** Everybody whose address nobody else claims has one active contact, with the directory's values. */
  const expectModel = async (people: Map<string, Person>) => {
    const fed = await syncing.rows<{ person: string; primary_email: string; city: string | null; gone: boolean }>(
      `SELECT link.person, contact.primary_email, contact.city, link.gone_since IS NOT NULL AS gone
       FROM contact_link AS link JOIN contact ON contact.id = link.contact_id WHERE contact.status = 'ACTIVE'`,
    );
    for (const { uid, mail, city } of people.values()) {
      if ([...people.values()].filter((other) => other.mail === mail).length > 1) continue;
      const own = fed.filter((row) => row.person === dn(uid));
      const holder = fed.find((row) => row.primary_email === mail);
      if (holder !== undefined && holder.person !== dn(uid)) {
        // Only somebody who is still there, or is kept, may be in the way.
        expect(holder.gone || people.has(/^uid=(\w+)/.exec(holder.person)?.[1] ?? '')).toBe(true);
        continue;
      }
      expect({ uid, own }).toEqual({
        uid,
        own: [{ person: dn(uid), primary_email: mail, city: city || null, gone: false }],
      });
    }
  };

  const outcome = ({ counts }: RunRecord) => counts;

  test.each([
    ['removals deactivate', 11, removal()],
    ['removals delete', 22, removal({ action: 'DELETE' })],
    ['contacts are kept', 33, removal({ action: 'KEEP' })],
    ['contacts have a grace', 44, removal({ graceDays: 5 })],
  ])('counts, log and contacts agree: %s', async (_, seed, policy) => {
    syncing = await createSyncing();
    const people = new Map<string, Person>();
    try {
      const roll = dice(seed);
      const born = { count: seed * 1000 };
      const connection = await syncing.createConnection(slapd, { mappings, removal: policy });
      for (let round = 0; round < 7; round++) {
        await change(people, roll, born);
        const before = await syncing.contacts();
        const dry = await syncing.sync(connection, { dryRun: true });
        expect(await syncing.contacts()).toEqual(before);
        const run = await syncing.sync(connection);
        expect(outcome(run)).toEqual(outcome(dry));
        await expectSound(run);
        await expectModel(people);
      }
      let last = await syncing.sync(connection);
      // Addresses that were claimed twice may fall free one after another.
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
      await syncing.close();
      if (people.size > 0)
        await slapd.change([...people.keys()].map((uid) => `dn: ${dn(uid)}\nchangetype: delete\n\n`).join(''));
    }
  });
});
