import { expect, test } from '@jest/globals';
import { startFaultProxy } from '../../../support/fault-proxy.ts';
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

test('a time limit that is hit while a page is sent is TIME_LIMIT', async () => {
  const entries = people(400);
  const large = function* () {
    for (const { dn, attributes } of entries)
      yield { dn, attributes: { ...attributes, description: 'x'.repeat(50_000) } };
  };
  await using slapd = await startSlapd({ entries: large(), limits: 'time=1 size=unlimited' });
  const proxy = await startFaultProxy(slapd.port, { kind: 'pause', afterBytes: 1_000_000, ms: 2500 });
  try {
    const settings = ldapSettings(slapd, { urls: [proxy.url], pageSize: 1000 });
    const reading = readEverybody(settings, { password: slapd.bindPassword, attributes: ['description'] });
    await expect(reading).rejects.toMatchObject({ code: 'TIME_LIMIT', hint: expect.any(String) });
  } finally {
    await proxy.close();
  }
});

test('an account that sees nobody reads nobody, completely', async () => {
  await using slapd = await startSlapd({
    entries: people(5),
    access: ['to dn.subtree="ou=people,dc=example,dc=org" by * none'],
  });
  const { entries, summary } = await read(slapd);
  expect(entries).toHaveLength(0);
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
