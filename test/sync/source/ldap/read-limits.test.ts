import { expect, test } from '@jest/globals';
import { people } from '../../../support/ldap-people.ts';
import { ldapSettings, type Reading, readEverybody } from '../../../support/ldap-reading.ts';
import { type Slapd, type SlapdOptions, startSlapd } from '../../../support/slapd.ts';

const read = (slapd: Slapd, pages: unknown[] = []): Promise<Reading> =>
  readEverybody(ldapSettings(slapd, { pageSize: 10 }), {
    password: slapd.bindPassword,
    onPage: (page) => void pages.push(page),
  });

test.each<[string, SlapdOptions, string]>([
  [
    'a size limit across pages is SIZE_LIMIT',
    { limits: 'size.soft=25 size.hard=25 size.prtotal=25 time=unlimited' },
    'SIZE_LIMIT',
  ],
  [
    'an account that may not page is PAGING_REFUSED',
    { limits: 'size.prtotal=disabled time=unlimited' },
    'PAGING_REFUSED',
  ],
  [
    'an account with no right to as many candidates is SIZE_LIMIT',
    { limits: 'size.unchecked=5 time=unlimited' },
    'SIZE_LIMIT',
  ],
])('%s', async (_name, options, code) => {
  await using slapd = await startSlapd({ entries: people(50), ...options });
  await expect(read(slapd)).rejects.toMatchObject({ code, hint: expect.any(String) });
});

test('an account that sees nobody reads nobody, completely', async () => {
  await using slapd = await startSlapd({
    entries: people(5),
    config: ['access to dn.subtree="ou=people,dc=example,dc=org" by * none'],
  });
  const { entries, summary } = await read(slapd);
  expect(entries).toHaveLength(5);
  expect(summary.complete).toBe(true);
});

test('search references are reported and not followed', async () => {
  await using slapd = await startSlapd({
    entries: people(3),
    ldif: [
      'dn: ou=elsewhere,dc=example,dc=org',
      'objectClass: referral',
      'objectClass: extensibleObject',
      'ou: elsewhere',
      'ref: ldap://Other.example.org:389/ou=elsewhere,dc=example,dc=org',
      '',
    ].join('\n'),
  });
  const { entries, summary } = await read(slapd);
  expect(entries).toHaveLength(3);
  expect(summary.referrals).toEqual(['ldap://other.example.org/ou=elsewhere,dc=example,dc=org']);
  expect(summary.notes).toEqual([
    { level: 'WARN', code: 'REFERRAL', message: expect.stringContaining('other.example.org') },
  ]);
  expect(summary.complete).toBe(true);
});
