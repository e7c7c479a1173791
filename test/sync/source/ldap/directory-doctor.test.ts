import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppError } from '../../../../src/core/app-error.ts';
import type { ConnectionCheck, ConnectionTest } from '../../../../src/core/source-session.ts';
import type { LdapSettings } from '../../../../src/sync/source/ldap/ldap-settings.ts';
import { sources } from '../../../../src/sync/source/sources.ts';
import { done, entry, type FakeOptions, type FakeSearch, startFakeServer } from '../../../support/ldap-fake-server.ts';
import type { LdifEntry } from '../../../support/ldap-ldif.ts';
import { ldapSettings, openOptions } from '../../../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../../../support/slapd.ts';

const secret = 'canary-71d0';
const root = 'dc=example,dc=org';
const place = (name: string): LdifEntry => ({
  dn: `ou=${name},${root}`,
  attributes: { objectClass: 'organizationalUnit', ou: name },
});
const person = (uid: string, attributes: LdifEntry['attributes'] = {}, ou = 'people'): LdifEntry => ({
  dn: `uid=${uid},ou=${ou},${root}`,
  attributes: { objectClass: 'inetOrgPerson', uid, cn: uid, sn: uid, userPassword: secret, ...attributes },
});

let slapd: Slapd;

beforeAll(async () => {
  const some = [
    person('ada', { mail: 'Team@example.org', telephoneNumber: '1' }),
    person('bob', { mail: 'team@example.org', departmentNumber: 'Sales' }),
    person('cyd', { mail: 'cyd at example', manager: `uid=ada,ou=people,${root}` }),
    person('dan'),
    person('eve', { mail: ['not one', 'eve@example.org'] }),
    person('fay', { mail: 'fay@example.org' }, 'guests'),
  ];
  slapd = await startSlapd({ entries: [place('people'), place('guests'), ...some] });
});
afterAll(() => slapd.close());

const tested = (
  server: Parameters<typeof ldapSettings>[0],
  changes: Partial<LdapSettings> = {},
  signal = new AbortController().signal,
): Promise<ConnectionTest> =>
  sources.LDAP.test(ldapSettings(server, changes), { bindPassword: slapd.bindPassword }, openOptions(signal));
const check = ({ checks }: ConnectionTest, step: string): ConnectionCheck[] =>
  checks.filter(({ name }) => name === step);
const detail = (result: ConnectionTest, step: string): string =>
  check(result, step)
    .map((one) => one.detail)
    .join(' ');

describe('the further checks of a directory', () => {
  test('show the version of TLS, and the signer of the certificate', async () => {
    const [encryption] = check(await tested(slapd, { urls: [slapd.ldapsUrl], tlsCa: slapd.ca }), 'Encryption');
    expect(encryption).toMatchObject({ status: 'OK', advice: null });
    expect(encryption?.detail).toMatch(
      /^TLS 1\.3\. The certificate of "CN=localhost" is signed by "CN=Test CA"; tlsCa vouches for it\.$/,
    );
    expect(check(await tested(slapd), 'Encryption')).toMatchObject([{ status: 'SKIPPED', detail: 'There is none.' }]);
  });

  test('name shared and malformed addresses, and count people without one', async () => {
    const [emails] = check(await tested(slapd), 'Emails');
    expect(emails).toMatchObject({ status: 'WARN', advice: expect.stringContaining('share an address') });
    expect(emails?.detail).toBe(
      'Of 6 people looked at: several share "team@example.org" (2 people); 1 without a well-formed address, such as "cyd at example"; 1 without any.',
    );
  });

  test('show how many people fill the main fields of the usual mapping', async () => {
    expect(check(await tested(slapd), 'Fields')).toMatchObject([
      { status: 'OK', detail: expect.stringContaining('name 6, email 5, phone 1, department 1, manager 1') },
    ]);
    const nobody = await tested(slapd, { baseDns: [`uid=dan,ou=people,${root}`] });
    expect(check(nobody, 'Fields')).toMatchObject([{ status: 'WARN', advice: expect.stringContaining('email') }]);
  });

  test('count people and entries once each, even if bases overlap', async () => {
    const result = await tested(slapd, { baseDns: [`ou=people,${root}`, root], pageSize: 2 });
    expect(detail(result, 'Entries')).toMatch(/^People: 6\. All entries below the base DNs: (?:9|10|11)\./);
  });

  test('show the ids and marks that people have, and whether runs can be incremental and continuous', async () => {
    const result = await tested(slapd);
    expect(detail(result, 'Attributes')).toContain('entryUUID: shown by 6 of 6 people');
    expect(detail(result, 'Attributes')).toContain('entryCSN: shown by 6 of 6 people');
    expect(detail(result, 'Changes')).toMatch(/^Runs read only what has changed.*can be continuous\.$/);
  });

  test('tell whether the server reports which entries have been touched, and if not, why', async () => {
    const entries = [place('people'), person('ada'), person('bob')];
    await using telling = await startSlapd({ entries, modules: ['syncprov'], config: ['overlay syncprov'] });
    expect(detail(await tested(telling), 'Changes')).toContain('reports which entries have been touched');
    const byUid = await tested(telling, { idAttribute: 'uid' });
    expect(detail(byUid, 'Changes')).toContain('are compared, because the server tells of entries by entryUUID');
    expect(detail(await tested(slapd), 'Changes')).not.toContain('touched');
  });

  test('show no secret', async () => {
    const result = await tested({ ...slapd, bindDn: slapd.adminDn });
    expect(JSON.stringify([result, await tested(slapd)])).not.toMatch(
      new RegExp(`${secret}|${slapd.bindPassword}|${slapd.adminPassword}`),
    );
  });
});

const service = 'CN=NTDS Settings,CN=DC1,CN=Servers,CN=Main,CN=Sites,CN=Configuration,DC=example';
const usual =
  'CN=Default Query Policy,CN=Query-Policies,CN=Directory Service,CN=Windows NT,CN=Services,CN=Configuration,DC=example';
const asAd = (time: Date) => ({
  supportedControl: ['1.2.840.113556.1.4.319'],
  forestFunctionality: ['7'],
  dsServiceName: [service],
  highestCommittedUSN: ['7'],
  currentTime: [`${time.toISOString().replaceAll(/[-:T]|\.\d+Z/g, '')}.0Z`],
});
const somebody = (id: number, i: number, more: Record<string, string> = {}): Buffer =>
  entry(id, `cn=${i},dc=example,dc=org`, {
    entryUUID: `e${i}`,
    objectGUID: Buffer.alloc(16, i),
    modifyTimestamp: '20260101000000Z',
    cn: `${i}`,
    ...more,
  });

async function testedFake(
  options: Partial<FakeOptions>,
  changes: Partial<LdapSettings> = {},
  signal?: AbortSignal,
): Promise<ConnectionTest & { searches: FakeSearch[] }> {
  const search = ({ id }: FakeSearch): Buffer[] => [somebody(id, 1), done(id, { cookie: '' })];
  const server = await startFakeServer({ search, ...options });
  try {
    return { ...(await tested(server, changes, signal)), searches: server.searches };
  } finally {
    await server.close();
  }
}

describe('Active Directory', () => {
  const policies: Record<string, string[]> = { [usual]: ['MaxPageSize=500', 'MaxValRange=1500'] };
  const base = ({ id, baseDn }: FakeSearch): Buffer[] => [
    entry(id, baseDn, { ...(policies[baseDn] ? { lDAPAdminLimits: policies[baseDn] } : {}) }),
    done(id),
  ];

  test.each([
    [0, 'OK', /differs by \d+ s/],
    [-300, 'WARN', /3\d\d s behind/],
    [7200, 'WARN', /7\d\d\d s ahead of/],
  ])('whose clock is %d seconds ahead', async (seconds, status, words) => {
    const result = await testedFake({ rootDse: asAd(new Date(Date.now() + seconds * 1000)), base });
    expect(check(result, 'Clock')).toMatchObject([{ status, detail: expect.stringMatching(words) }]);
    expect(result.ok).toBe(true);
  });

  test('has its limits for pages and values shown, and the page size is compared with them', async () => {
    const rootDse = asAd(new Date());
    expect(check(await testedFake({ rootDse, base }, { pageSize: 501 }), 'Limits')).toMatchObject([
      { status: 'WARN', advice: 'Set pageSize to 500.' },
      { status: 'OK', detail: expect.stringContaining('1500 values') },
    ]);
    expect(check(await testedFake({ rootDse, base }, { pageSize: 500 }), 'Limits')[0]).toMatchObject({ status: 'OK' });
    const hidden = await testedFake({ rootDse });
    expect(check(hidden, 'Limits')).toMatchObject([{ status: 'OK' }, { status: 'SKIPPED' }]);
  });

  test('that hides flags and marks gives a warning, with advice', async () => {
    const result = await testedFake({ rootDse: asAd(new Date()), base });
    expect(check(result, 'Attributes')).toMatchObject([
      { status: 'OK', detail: expect.stringContaining('objectGUID: shown by 1 of 1') },
      { status: 'WARN', detail: expect.stringContaining('uSNChanged: shown by 0 of 1'), advice: expect.any(String) },
      { status: 'WARN', detail: expect.stringContaining('userAccountControl: shown by 0 of 1') },
    ]);
    expect(check(result, 'Changes')).toMatchObject([{ status: 'WARN', detail: expect.stringContaining('uSNChanged') }]);
  });
});

describe('a further check that does not succeed is skipped, and the connection stays good', () => {
  test.each<[string, FakeOptions['search'], string, string]>([
    [
      'people whom the server refuses to send at once',
      ({ id, pageSize }) => [somebody(id, 1), done(id, pageSize === 10 ? { cookie: '' } : { code: 4 })],
      'Emails',
      'SKIPPED',
    ],
    [
      'entries that it refuses to count',
      ({ id, filter }) => [
        somebody(id, 1),
        done(id, filter.kind === 'present' ? { code: 11, message: 'too many' } : { cookie: '' }),
      ],
      'Entries',
      'OK',
    ],
    [
      'an answer that is broken',
      ({ id, attributes }) =>
        attributes.length > 12 ? [Buffer.from('300302010099', 'hex')] : [somebody(id, 1), done(id, { cookie: '' })],
      'Fields',
      'SKIPPED',
    ],
    [
      'a server that falls silent',
      ({ id, pageSize }) => (pageSize === 10 ? [somebody(id, 1), done(id, { cookie: '' })] : []),
      'Fields',
      'SKIPPED',
    ],
  ])('%s', async (_what, search, step, status) => {
    const result = await testedFake({ search }, { timeoutSeconds: 1 });
    expect(result).toMatchObject({ ok: true, code: null, hint: null, message: 'The directory can be read.' });
    expect(check(result, step)).toMatchObject([{ status, detail: expect.any(String) }]);
    for (const one of ['Clock', 'Limits', 'Attributes', 'Changes', 'Entries', 'Emails', 'Fields'])
      expect(check(result, one)).not.toEqual([]);
    expect(result.checks.filter((one) => one.status === 'FAIL')).toEqual([]);
  });

  test('when the time of the test ends during it', async () => {
    const time = new AbortController();
    const over = new AppError('TIMEOUT', 'The source did not answer within 60 s.', { hint: 'Look at the server.' });
    const search = ({ id, pageSize }: FakeSearch): Buffer[] => {
      if (pageSize === 10) return [somebody(id, 1), done(id, { cookie: '' })];
      time.abort(over);
      return [];
    };
    const result = await testedFake({ search }, {}, time.signal);
    expect(result).toMatchObject({ ok: true, code: null });
    expect(detail(result, 'Emails')).toContain('did not answer within 60 s');
  });
});

test('very many people are sampled and counted up to a limit', async () => {
  let asked = 0;
  const search = ({ id, pageSize }: FakeSearch): Buffer[] => {
    const size = pageSize ?? 1;
    const from = ++asked * size;
    return [...Array.from({ length: size }, (_, i) => somebody(id, from + i)), done(id, { cookie: String(asked) })];
  };
  const result = await testedFake({ search }, { pageSize: 2500 });
  expect(detail(result, 'Emails')).toContain('Of 5000 people');
  expect(detail(result, 'Entries')).toMatch(/^People: more than [\d,]+\. All entries below the base DNs: more than/);
  expect(asked).toBeLessThan(30);
});
