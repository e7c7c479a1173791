import { expect, test } from '@jest/globals';
import type { Scope } from '../../../../../src/core/connection.ts';
import { type AdObject, startActiveDirectory } from '../../../../support/fake-active-directory.ts';
import { ldapSettings, readEverybody } from '../../../../support/ldap-reading.ts';

const base = 'dc=example,dc=org';
const personDn = (i: number): string => `cn=p${i},ou=people,${base}`;
const groupDn = (i: number): string => `cn=g${i},ou=groups,${base}`;
const people = Array.from({ length: 30 }, (_, i) => i);
const groups = Array.from({ length: 12 }, (_, i) => i);

/** Numbers from 0 to below 1, the same ones for the same seed (mulberry32). */
function chances(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The people and groups in each group, chosen at random. Circles are possible. */
function randomMembers(chance: () => number) {
  return groups.map(() => ({
    people: people.filter(() => chance() < 0.12),
    groups: groups.filter(() => chance() < 0.12),
  }));
}

/** Another algorithm than the product's: it passes membership from group to group until nothing changes. */
function membersOf(members: ReturnType<typeof randomMembers>, named: number[], nested: boolean): Set<number> {
  const inside = new Set(named);
  for (let before = -1; nested && before !== inside.size; ) {
    before = inside.size;
    for (const group of [...inside]) for (const one of members[group]?.groups ?? []) inside.add(one);
  }
  return new Set([...inside].flatMap((group) => members[group]?.people ?? []));
}

function objectsOf(members: ReturnType<typeof randomMembers>): AdObject[] {
  return [
    { dn: base, attributes: { objectClass: 'domain' } },
    { dn: `ou=people,${base}`, attributes: { objectClass: 'organizationalUnit' } },
    ...people.map((i) => ({
      dn: personDn(i),
      attributes: {
        objectClass: ['person', 'user'],
        objectCategory: 'person',
        cn: `p${i}`,
        objectGUID: Buffer.from(`p${i}`.padStart(16)),
        entryUUID: `p${i}`,
      },
    })),
    ...members.map((inside, i) => ({
      dn: groupDn(i),
      attributes: {
        objectClass: ['group', 'groupOfNames'],
        cn: `g${i}`,
        member: [...inside.people.map(personDn), ...inside.groups.map(groupDn)],
      },
    })),
  ];
}

test.each([
  ['ACTIVE_DIRECTORY', 1],
  ['SAMBA', 2],
  ['DS389', 3],
  ['OTHER', 4],
] as const)('random groups within groups give the people that they hold on %s', async (flavour, seed) => {
  const chance = chances(seed);
  const server = await startActiveDirectory([]);
  try {
    for (let round = 0; round < 25; round++) {
      const members = randomMembers(chance);
      server.objects = objectsOf(members);
      const some = (): number[] => groups.filter(() => chance() < 0.15);
      const [named, excluded, nested] = [some(), some(), chance() < 0.7];
      const scope: Partial<Scope> = {
        groups: named.map(groupDn),
        excludeGroups: excluded.map((i) => `g${i}`),
        nestedGroups: nested,
      };
      const { entries, summary } = await readEverybody(
        ldapSettings(server, { baseDns: [`ou=people,${base}`], flavour }),
        {
          attributes: ['cn'],
          scope,
        },
      );
      const came = entries.filter((one) => one.inGroups && one.excluded === null).map(({ attributes: [cn] }) => cn);
      const inside = named.length === 0 ? new Set(people) : membersOf(members, named, nested);
      const outside = membersOf(members, excluded, nested);
      const expected = [...inside].filter((i) => !outside.has(i)).map((i) => `p${i}`);
      expect({ round, scope, came: came.sort(), because: summary.because }).toEqual({
        round,
        scope,
        came: expected.sort(),
        because: null,
      });
    }
  } finally {
    await server.close();
  }
});
