import { describe, expect, test } from '@jest/globals';
import type { Scope } from '../../../../src/core/connection.ts';
import type { Fault } from '../../../../src/core/user-error.ts';
import { checkScope } from '../../../../src/sync/source/ldap/check-scope.ts';
import { checkSettings } from '../../../../src/sync/source/ldap/check-settings.ts';
import type { LdapSettings } from '../../../../src/sync/source/ldap/ldap-settings.ts';
import { makeCertificate } from '../../../support/ldap-certificates.ts';
import { ldapSettings, scopeOf } from '../../../support/ldap-reading.ts';

const short = (faults: Fault[]): string[] => faults.map(({ path, code }) => `${path.join('.')} ${code}`);
/** No secret is stored. */
const bare = { has: new Set<string>(), given: {}, mayLack: true };
const ca = makeCertificate({ commonName: 'CA' });

describe('settings are checked without contacting the source', () => {
  test.each<[string, Partial<LdapSettings>, string[]]>([
    ['good ones', {}, []],
    ['good URLs', { urls: ['ldap://h', 'LDAPS://h:1636/', 'ldap://[::1]:389', 'ldap://10.0.0.1'] }, []],
    ['no URL', { urls: [] }, ['urls REQUIRED']],
    [
      'other schemes',
      { urls: ['http://h', 'h:389', ''] },
      ['urls.0 INVALID_URL', 'urls.1 INVALID_URL', 'urls.2 INVALID_URL'],
    ],
    [
      'impossible ports',
      { urls: ['ldap://h:0', 'ldap://h:65536', 'ldap://h:x'] },
      ['urls.0 INVALID_URL', 'urls.1 INVALID_URL', 'urls.2 INVALID_URL'],
    ],
    [
      'more than host and port',
      { urls: ['ldap://h/dc=x', 'ldap://u:p@h', 'ldap://h?x', 'ldap://'] },
      ['urls.0 INVALID_URL', 'urls.1 INVALID_URL', 'urls.2 INVALID_URL', 'urls.3 INVALID_URL'],
    ],
    ['StartTLS on ldaps://', { urls: ['ldap://h', 'ldaps://h'], startTls: true }, ['urls.1 CONTRADICTION']],
    ['a good CA, and two', { tlsCa: `${ca.cert}\n${ca.cert}` }, []],
    ['no PEM', { tlsCa: 'my ca' }, ['tlsCa INVALID_PEM']],
    ['a broken PEM', { tlsCa: ca.cert.replace(/^(.*\n.*\n).*\n/, '$1') }, ['tlsCa INVALID_PEM']],
    ['a private key', { tlsCa: `${ca.cert}${ca.key}` }, ['tlsCa INVALID_PEM']],
    ['no base DN', { baseDns: [] }, ['baseDns REQUIRED']],
    ['bad base DNs', { baseDns: ['dc=x', 'people', ' '] }, ['baseDns.1 INVALID_DN', 'baseDns.2 REQUIRED']],
    [
      'numbers out of range',
      { pageSize: 0, timeoutSeconds: 3601 },
      ['pageSize OUT_OF_RANGE', 'timeoutSeconds OUT_OF_RANGE'],
    ],
    [
      'numbers that are not whole',
      { pageSize: 1.5, timeoutSeconds: Number.NaN },
      ['pageSize OUT_OF_RANGE', 'timeoutSeconds OUT_OF_RANGE'],
    ],
    ['a list of URLs that nobody would try', { urls: Array(11).fill('h') }, ['urls TOO_MANY']],
    ['too many bases', { baseDns: Array(101).fill('dc=x') }, ['baseDns TOO_MANY']],
    [
      'texts without end',
      { urls: [`ldap://${'h'.repeat(2000)}`], baseDns: [`dc=${'x'.repeat(2000)}`], bindDn: 'x'.repeat(2001) },
      ['urls.0 TOO_LONG', 'baseDns.0 TOO_LONG', 'bindDn TOO_LONG'],
    ],
    ['a PEM without end', { tlsCa: ca.cert.repeat(1000) }, ['tlsCa TOO_LONG']],
    ['no name of an attribute', { idAttribute: 'entry uuid' }, ['idAttribute INVALID_ATTRIBUTE']],
    [
      'everything at once',
      { urls: ['x'], baseDns: ['y'], pageSize: -1 },
      ['urls.0 INVALID_URL', 'baseDns.0 INVALID_DN', 'pageSize OUT_OF_RANGE'],
    ],
  ])('%s', (_name, changes, faults) => {
    expect(short(checkSettings(ldapSettings({ url: 'ldap://h' }, changes), bare))).toEqual(faults);
  });
});

describe('scopes are checked without contacting the source', () => {
  const baseDns = ['dc=example,dc=org', 'ou=b, dc=other'];
  test.each<[string, Partial<Scope>, string[]]>([
    ['an empty one', {}, []],
    ['groups by DN and name', { groups: ['cn=a,dc=x', 'Staff & Co, Ltd'] }, []],
    ['bad groups', { groups: ['', 'cn=a,,dc=x'] }, ['groups.0 REQUIRED', 'groups.1 INVALID_GROUP']],
    ['a good rule', { rules: [{ attribute: 'l', operator: 'IN', values: ['a', 'b'] }] }, []],
    [
      'a bad attribute',
      { rules: [{ attribute: 'l)(x=', operator: 'EXISTS', values: [] }] },
      ['rules.0.attribute INVALID_ATTRIBUTE'],
    ],
    [
      'values where none belong',
      { rules: [{ attribute: 'l', operator: 'EXISTS', values: ['a'] }] },
      ['rules.0.values UNWANTED'],
    ],
    ['no value', { rules: [{ attribute: 'l', operator: 'EQUALS', values: [] }] }, ['rules.0.values REQUIRED']],
    [
      'too many values',
      { rules: [{ attribute: 'l', operator: 'EQUALS', values: ['a', 'b'] }] },
      ['rules.0.values UNWANTED'],
    ],
    [
      'an empty value',
      { rules: [{ attribute: 'l', operator: 'IN', values: ['a', ''] }] },
      ['rules.0.values.1 REQUIRED'],
    ],
    ['excluded groups by DN and name', { excludeGroups: ['cn=a,dc=x', 'Leavers'] }, []],
    [
      'bad excluded groups',
      { excludeGroups: ['', 'cn=a,,dc=x', 'a\u0007'] },
      ['excludeGroups.0 REQUIRED', 'excludeGroups.1 INVALID_GROUP', 'excludeGroups.2 INVALID_GROUP'],
    ],
    ['too many excluded groups', { excludeGroups: Array(501).fill('') }, ['excludeGroups TOO_MANY']],
    ['too many groups', { groups: Array(501).fill('') }, ['groups TOO_MANY']],
    [
      'too many rules',
      { rules: Array(101).fill({ attribute: '', operator: 'EXISTS', values: [] }) },
      ['rules TOO_MANY'],
    ],
    [
      'too many values of all rules',
      { rules: Array(2).fill({ attribute: 'l', operator: 'IN', values: Array(501).fill('') }) },
      ['rules TOO_MANY'],
    ],
    [
      'texts without end',
      {
        groups: ['g'.repeat(2001)],
        rules: [{ attribute: 'a'.repeat(2001), operator: 'EQUALS', values: ['v'.repeat(2001)] }],
      },
      ['groups.0 TOO_LONG', 'rules.0.attribute TOO_LONG', 'rules.0.values.0 TOO_LONG'],
    ],
    ['a bad filter', { filter: '(cn=a' }, ['filter INVALID_FILTER']],
    [
      'excluded DNs below a base DN, however they are written',
      { excludeBaseDns: ['OU=a\\2Cb , DC=Example,dc=org', 'ou=c,ou=B,dc=other'] },
      [],
    ],
    [
      'excluded DNs that are no DNs',
      {
        excludeBaseDns: [
          '',
          'people',
          'ou=a,,dc=example,dc=org',
          'ou=a\u0007,dc=example,dc=org',
          `ou=${'a'.repeat(2000)}`,
        ],
      },
      [
        'excludeBaseDns.0 REQUIRED',
        'excludeBaseDns.1 INVALID_DN',
        'excludeBaseDns.2 INVALID_DN',
        'excludeBaseDns.3 INVALID_DN',
        'excludeBaseDns.4 TOO_LONG',
      ],
    ],
    [
      'excluded DNs that leave out nobody, or a whole base DN',
      { excludeBaseDns: ['ou=a,dc=example,dc=com', 'dc=org', 'dc=EXAMPLE, dc=org', 'ou=b,dc=other'] },
      [
        'excludeBaseDns.0 CONTRADICTION',
        'excludeBaseDns.1 CONTRADICTION',
        'excludeBaseDns.2 CONTRADICTION',
        'excludeBaseDns.3 CONTRADICTION',
      ],
    ],
    ['too many excluded DNs', { excludeBaseDns: Array(501).fill('') }, ['excludeBaseDns TOO_MANY']],
  ])('%s', (_name, changes, faults) => {
    expect(short(checkScope(scopeOf(changes), { baseDns }))).toEqual(faults);
  });

  test('a mistake in the filter is reported with its position', () => {
    expect(checkScope(scopeOf({ filter: '(&(cn=a)(b>c))' }), { baseDns })[0]?.message).toBe(
      'Character 11: ">" must be followed by "=".',
    );
  });
});
