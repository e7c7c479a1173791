import type { LdifEntry } from './ldap-ldif.ts';

const givenNames = [
  'Ada',
  'Björn',
  'Chloé',
  'Dmitri',
  'Elif',
  'Fatima',
  'Göran',
  'Hana',
  'Inés',
  'Jörg',
  'Kofi',
  'Linh',
];
const familyNames = [
  'Lovelace',
  'Ångström',
  'Dupont',
  'Ivanov',
  'Yılmaz',
  'Haddad',
  'Nilsson',
  'Suzuki',
  'García',
  'Müller',
];
const departments = ['Sales', 'Engineering', 'Support', 'Finance', 'Human Resources', 'Operations', 'Legal'];
const cities = ['Berlin', 'Paris', 'Gothenburg', 'Madrid', 'Accra', 'Hanoi', 'Osaka'];

/** The names of all 22 attributes that `people` fills, including objectClass. */
export const personAttributes = [
  'objectClass', 'cn', 'sn', 'givenName', 'displayName', 'uid', 'mail', 'telephoneNumber', 'mobile', 'homePhone', 'title',
  'departmentNumber', 'ou', 'o', 'employeeNumber', 'employeeType', 'street', 'l', 'st', 'postalCode', 'preferredLanguage',
  'roomNumber',
]; // biome-ignore format: one list

/** The entry `ou=people` below `baseDn`, then people below it. Each has 22 attributes, about 670 bytes on the wire. */
export function* people(count: number, baseDn = 'dc=example,dc=org'): Generator<LdifEntry> {
  yield { dn: `ou=people,${baseDn}`, attributes: { objectClass: 'organizationalUnit', ou: 'people' } };
  for (let i = 0; i < count; i++) yield person(i, baseDn);
}

/** Person number `i`, `uid=user0000000`. */
export function person(i: number, baseDn = 'dc=example,dc=org'): LdifEntry {
  const number = String(i).padStart(7, '0');
  const given = givenNames[i % givenNames.length] ?? '';
  const family = familyNames[(i * 7) % familyNames.length] ?? '';
  return {
    dn: `uid=user${number},ou=people,${baseDn}`,
    attributes: {
      objectClass: 'inetOrgPerson',
      cn: `${given} ${family} ${number}`,
      sn: family,
      givenName: given,
      displayName: `${given} ${family}`,
      uid: `user${number}`,
      mail: `user${number}@example.org`,
      telephoneNumber: `+49 30 ${number}`,
      mobile: `+49 170 ${number}`,
      homePhone: `+49 89 ${number}`,
      title: `Consultant ${i % 50}`,
      departmentNumber: departments[i % departments.length] ?? '',
      ou: departments[(i + 3) % departments.length] ?? '',
      o: 'Example Org',
      employeeNumber: `E${number}`,
      employeeType: 'permanent',
      street: `Example Street ${i % 1000}`,
      l: cities[i % cities.length] ?? '',
      st: 'Some State',
      postalCode: String(10_000 + (i % 80_000)),
      preferredLanguage: 'en',
      roomNumber: `R${i % 500}`,
    },
  };
}
