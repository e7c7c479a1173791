import { describe, expect, test } from '@jest/globals';
import { canonicalDn, isWithinDn, parentDn, parseDn } from '../../../../src/sync/source/ldap/dn.ts';

const valuesOf = (text: string): string[] | string => {
  const parsed = parseDn(text);
  return parsed.kind === 'ok'
    ? parsed.rdns.map((rdn) => rdn.map(({ attribute, value }) => `${attribute}=${value}`).join('|'))
    : parsed.message;
};

describe('a DN is parsed', () => {
  test.each([
    ['cn=Ada,dc=example', ['cn=Ada', 'dc=example']],
    ['', []],
    ['cn=Lovelace\\, Ada,dc=x', ['cn=Lovelace, Ada', 'dc=x']],
    ['cn=Lovelace\\2C Ada,dc=x', ['cn=Lovelace, Ada', 'dc=x']],
    ['cn="Lovelace, Ada",dc=x', ['cn=Lovelace, Ada', 'dc=x']],
    ['cn="a \\"b\\"",dc=x', ['cn=a "b"', 'dc=x']],
    ['cn=Ada\\20,dc=x', ['cn=Ada ', 'dc=x']],
    ['cn=Ada\\ ,dc=x', ['cn=Ada ', 'dc=x']],
    ['cn=Ada  , dc = x ', ['cn=Ada', 'dc=x']],
    ['cn=\\ Ada,dc=x', ['cn= Ada', 'dc=x']],
    ['cn=a\\\\b,dc=x', ['cn=a\\b', 'dc=x']],
    ['cn=Ada+uid=ada,dc=x', ['cn=Ada|uid=ada', 'dc=x']],
    ['cn=C\\+\\+,dc=x', ['cn=C++', 'dc=x']],
    ['cn=J\\C3\\B6rg,dc=x', ['cn=Jörg', 'dc=x']],
    ['cn=😀\\😀,dc=x', ['cn=😀😀', 'dc=x']],
    ['cn=a=b,dc=x', ['cn=a=b', 'dc=x']],
    ['cn=,dc=x', ['cn=', 'dc=x']],
    ['2.5.4.3=Ada;dc=x', ['2.5.4.3=Ada', 'dc=x']],
    ['CN=#0403414243', ['CN=#0403414243']],
  ])('%j', (text, parts) => {
    expect(valuesOf(text)).toEqual(parts);
  });

  test.each(['people', 'cn=a,', 'cn=a,,dc=x', '=a', 'cn=a\\', 'cn="a', 'cn="a"b', 'c n=a', 'cn=a+,dc=x'])(
    '%j is none',
    (text) => {
      expect(parseDn(text).kind).toBe('error');
    },
  );
});

describe('DNs that are equal for a server are equal', () => {
  test.each([
    ['cn=Lovelace\\, Ada,dc=x', 'CN=Lovelace\\2c Ada, DC=X'],
    ['cn=Ada+uid=1,dc=x', 'uid=1+cn=Ada,dc=x'],
    ['cn=Ada  Lovelace,dc=x', 'cn=ada lovelace,dc=x'],
    ['cn=#0403414243,dc=x', 'cn=abc,dc=x'],
    ['2.5.4.3=Ada,dc=x', 'cn=Ada,dc=x'],
    ['commonName=Ada,dc=x', 'cn=Ada,dc=x'],
    ['cn="Lovelace, Ada",dc=x', 'cn=Lovelace\\, Ada,dc=x'],
    ['cn=Jörg,dc=x', 'cn=J\\c3\\b6rg,dc=x'],
    ['cn=Ada\\20,dc=x', 'cn=Ada,dc=x'],
  ])('%j and %j', (a, b) => {
    expect(canonicalDn(a)).toBe(canonicalDn(b));
  });

  test.each([
    ['cn=a\\,cn=b', 'cn=a,cn=b'],
    ['cn=a\\+b=c', 'cn=a+b=c'],
    ['cn=a', 'sn=a'],
    ['no dn', 'cn=no dn'],
  ])('but not %j and %j', (a, b) => {
    expect(canonicalDn(a)).not.toBe(canonicalDn(b));
  });
});

test('a DN is within its parents and itself, not within a DN that only has the same ending', () => {
  const within = (dn: string, base: string): boolean => isWithinDn(canonicalDn(dn), canonicalDn(base));
  expect(within('cn=a,ou=b,dc=x', 'OU=B, dc=x')).toBe(true);
  expect(within('dc=x', 'dc=x')).toBe(true);
  expect(within('cn=a,dc=x', '')).toBe(true);
  expect(within('cn=a\\,dc=x', 'dc=x')).toBe(false);
  expect(within('cn=a,fdc=x', 'dc=x')).toBe(false);
});

test('a value that contains the separator of canonical DNs does not look like another DN', () => {
  const real = canonicalDn('cn=ada,ou=people');
  expect(canonicalDn('cn=ada\\00ou\\3dpeople')).not.toBe(real);
  expect(canonicalDn('cn=a\\01sn\\3db')).not.toBe(canonicalDn('cn=a+sn=b'));
  expect(canonicalDn('cn=a\\5c0b')).not.toBe(canonicalDn('cn=a\\00b'));
});

test.each(["cn=O'Neil (x),o=a=b", 'uid=Ada-L.,ou=People and more,DC=x', 'cn=a b c', 'cn=!$*-._~[]{}^|,o=1'])(
  '%s, which needs no unescaping, is the same with a space after each =',
  (dn) => {
    expect(canonicalDn(dn)).toBe(canonicalDn(dn.replaceAll(/(cn|o|uid|ou|DC)=/g, '$1= ')));
    expect(canonicalDn(dn)).toBe(canonicalDn(`${dn} `));
  },
);

test.each([
  ['cn=Lovelace\\, Ada , ou=People,dc=x', 'ou=People,dc=x'],
  ['cn="a,b"+uid=c;dc=x', 'dc=x'],
  ['cn=a\\2Cb,dc=y\\,z', 'dc=y\\,z'],
  ['dc=x', null],
  ['', null],
  ['nonsense,dc=x', null],
])('above %s is %s', (dn, parent) => {
  expect(parentDn(dn)).toBe(parent);
});
