import { expect, test } from '@jest/globals';
import { narrowestBases } from '../../../../src/sync/source/ldap/propose-bases.ts';

const many = (count: number, place: string): string[] =>
  Array.from({ length: count }, (_, i) => `uid=${place.length}-${i},${place}`);
const bases = (...dns: string[][]): string[] => narrowestBases('dc=example,dc=org', dns.flat()).baseDns;

test('the narrowest place that contains everybody is the base, however deep it is', () => {
  const staff = many(50, 'OU=Users,OU=Berlin,OU=Staff,DC=example,DC=org');
  expect(bases(staff)).toEqual(['OU=Users,OU=Berlin,OU=Staff,DC=example,DC=org']);
});

test('a few places at the top become bases of their own, and places further down do not', () => {
  const berlin = many(40, 'ou=berlin,ou=people,dc=example,dc=org');
  const paris = many(40, 'ou=paris,ou=people,dc=example,dc=org');
  const guests = many(20, 'ou=guests,dc=example,dc=org');
  expect(bases(berlin, paris, guests)).toEqual(['ou=people,dc=example,dc=org', 'ou=guests,dc=example,dc=org']);
  expect(bases(berlin, paris)).toEqual(['ou=people,dc=example,dc=org']);
});

test('a few people elsewhere do not widen the base, and a reason mentions them', () => {
  const staff = many(99, 'ou=people,dc=example,dc=org');
  const proposed = narrowestBases('dc=example,dc=org', [...staff, 'cn=admin,ou=system,dc=example,dc=org']);
  expect(proposed.baseDns).toEqual(['ou=people,dc=example,dc=org']);
  expect(proposed.reasons.join(' ')).toMatch(/99 of the 100 people.*1 people elsewhere.*"ou=system,dc=example,dc=org"/);
});

test('many places, and people directly at the top, leave the naming context as the base', () => {
  const spread = Array.from({ length: 10 }, (_, i) => many(5, `ou=u${i},dc=example,dc=org`)).flat();
  expect(bases(spread)).toEqual(['dc=example,dc=org']);
  expect(bases(many(9, 'dc=example,dc=org'), many(9, 'ou=a,dc=example,dc=org'))).toEqual(['dc=example,dc=org']);
});

test('spellings, escapes and names that are no DN do no harm', () => {
  const dns = ['CN=Berg\\, Anna, OU=People ,DC=Example,DC=org', 'cn=bo,ou=people,dc=example,dc=org', 'nonsense', ''];
  expect(narrowestBases('dc=example,dc=org', dns.slice(0, 2)).baseDns).toEqual(['OU=People ,DC=Example,DC=org']);
  expect(bases(dns)).toEqual(['dc=example,dc=org']);
});
