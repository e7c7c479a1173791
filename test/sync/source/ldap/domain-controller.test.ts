import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppError } from '../../../../src/core/app-error.ts';
import { findSite } from '../../../../src/sync/source/ldap/find-site.ts';
import type { LdapSettings } from '../../../../src/sync/source/ldap/ldap-settings.ts';
import { reach } from '../../../../src/sync/source/ldap/reach.ts';
import { readRange } from '../../../../src/sync/source/ldap/read-parts.ts';
import { sources } from '../../../../src/sync/source/sources.ts';
import { makeCertificate } from '../../../support/ldap-certificates.ts';
import type { LdifEntry } from '../../../support/ldap-ldif.ts';
import { ldapSettings, openOptions, type ReadingOptions, readEverybody } from '../../../support/ldap-reading.ts';
import {
  describeSamba,
  installMs,
  type Samba,
  sambaPassword,
  sambaPerson,
  startSamba,
} from '../../../support/samba.ts';

const root = 'DC=example,DC=test';
const staff = `OU=staff,${root}`;
const crowd = `OU=crowd,${root}`;
/** More values than Active Directory sends of one attribute in one answer. */
const crowdSize = 1501;

function* directory(): Generator<LdifEntry> {
  for (const dn of [staff, crowd]) yield { dn, attributes: { objectClass: 'organizationalUnit' } };
  for (const name of ['Ada', 'Bob', 'Eve', 'Max', 'Zoë', 'Åsa', 'O’Neil, Pat']) yield sambaPerson(name, staff);
  yield sambaPerson('wrong', staff, { ...sambaPassword('Other-secret-1'), userAccountControl: '512' });
  yield sambaPerson('switched off', staff, { ...sambaPassword(), userAccountControl: '514' });
  yield sambaPerson('expired', staff, { ...sambaPassword(), userAccountControl: '512', accountExpires: '1' });
  yield sambaPerson('new password', staff, { ...sambaPassword(), userAccountControl: '512', pwdLastSet: '0' });
  // Contacts can be group members too, and are created faster than accounts.
  const members: string[] = [];
  for (let i = 0; i < crowdSize; i++) {
    members.push(`CN=contact ${i},${crowd}`);
    yield { dn: `CN=contact ${i},${crowd}`, attributes: { objectClass: 'contact' } };
  }
  yield { dn: `CN=crowd,${root}`, attributes: { objectClass: 'group', sAMAccountName: 'crowd', member: members } };
  const few = { objectClass: 'group', sAMAccountName: 'few', member: `CN=Ada,${staff}` };
  yield { dn: `CN=few,${root}`, attributes: few };
}

describeSamba("reading a domain controller of Samba's", () => {
  let dc: Samba;

  beforeAll(async () => {
    dc = await startSamba({ entries: directory() });
  }, installMs);
  afterAll(() => dc?.close());

  const settings = (changes: Partial<LdapSettings> = {}) => ldapSettings(dc, { baseDns: [staff], ...changes });
  const names = async (changes: Partial<LdapSettings> = {}, options: ReadingOptions = {}): Promise<string[]> => {
    const { entries, summary } = await readEverybody(settings(changes), { password: dc.bindPassword, ...options });
    expect(summary.complete).toBe(true);
    return entries
      .filter(({ disabled }) => !disabled)
      .map(({ attributes: [cn] }) => String(cn))
      .sort();
  };
  const everybody = ['Ada', 'Bob', 'Eve', 'Max', 'O’Neil, Pat', 'Zoë', 'new password', 'wrong', 'Åsa'];

  describe('signing in', () => {
    const refused = async (changes: Partial<LdapSettings>, password = dc.bindPassword): Promise<AppError> => {
      const error = await names(changes, { password }).catch((thrown: unknown) => thrown);
      if (error instanceof AppError) return error;
      throw new Error('not refused', { cause: error });
    };

    test('works on ldaps:// and by StartTLS with the own CA, by DN, by name@domain and by DOMAIN\\name', async () => {
      const bindDns = [dc.bindDn, 'reader@example.test', 'EXAMPLE\\reader'];
      for (const bindDn of bindDns) expect(await names({ bindDn })).toEqual(everybody);
      expect(await names({ urls: [dc.plainUrl], startTls: true, tlsCa: dc.ca })).toEqual(everybody);
      expect(await names({ tlsCa: null, tlsVerify: false })).toEqual(everybody);
    });

    test('without encryption is refused as BIND_REFUSED, and the advice is to encrypt', async () => {
      const error = await refused({ urls: [dc.plainUrl] });
      expect(error).toMatchObject({ code: 'BIND_REFUSED', message: expect.stringContaining('(result 8)') });
      expect(error.hint).toContain('Use ldaps:// or turn on startTls');
      const nobody = await refused({ urls: [dc.plainUrl], bindDn: null });
      expect(nobody).toMatchObject({ code: 'BIND_REFUSED', hint: 'Set bindDn and bindPassword.' });
    });

    test.each([{}, { startTls: true }])('with an unknown CA is TLS_FAILED, with %j', async (changes) => {
      const urls = [changes.startTls ? dc.plainUrl : dc.url];
      const stranger = makeCertificate({ commonName: 'Domain CA' }).cert;
      for (const tlsCa of [null, stranger])
        expect(await refused({ ...changes, urls, tlsCa })).toMatchObject({ code: 'TLS_FAILED' });
    });

    test.each([
      ['wrong', 'the name or the password is wrong'],
      ['nobody', 'the name or the password is wrong'],
      ['switched off', 'the account is disabled'],
      ['expired', 'the account has expired'],
      ['new password', 'the password must be changed'],
    ])('as "%s" is refused with its reason', async (name, reason) => {
      const error = await refused({ bindDn: `CN=${name},${staff}` });
      expect(error).toMatchObject({ code: 'BIND_REFUSED', message: expect.stringContaining(reason) });
      expect(JSON.stringify([error.message, error.hint])).not.toContain(dc.bindPassword);
    });
  });

  test('a proposal names the part of the domain that holds its people', async () => {
    const secrets = { bindPassword: dc.bindPassword };
    const { baseDns, filter } = await sources.ACTIVE_DIRECTORY.settle(
      settings({ baseDns: [] }),
      secrets,
      openOptions(),
    );
    expect(filter).toBeNull();
    expect(baseDns).toContain(staff);
    expect(baseDns).not.toContain(crowd);
  });

  test('its test shows the kind of server, paging and the id', async () => {
    const result = await sources.LDAP.test(settings(), { bindPassword: dc.bindPassword }, openOptions());
    expect(result).toMatchObject({ ok: true, code: null, server: `${dc.url} (Samba AD)` });
    expect(result.checks.map(({ name, status }) => `${name} ${status}`)).toEqual([
      'Reach OK',
      'TLS OK',
      'Encryption OK',
      'Sign-in OK',
      'Server OK',
      'Paging OK',
      'Base DN OK',
      'People OK',
      'Clock OK',
      'Limits OK',
      'Limits OK',
      'Attributes OK',
      'Attributes OK',
      'Attributes OK',
      'Changes OK',
      'Entries OK',
      'Emails OK',
      'Fields WARN',
    ]);
    const details = (step: string) => result.checks.filter(({ name }) => name === step).map(({ detail }) => detail);
    expect(details('People')[0]).toContain('objectGUID');
    expect(details('Clock')[0]).toMatch(/differs by \d+ s/);
    expect(details('Limits').join(' ')).toMatch(/the server allows 1000\..*more than 1500 values/);
    expect(details('Attributes').join(' ')).toContain('userAccountControl: shown by 11 of 11');
    expect(details('Entries')[0]).toMatch(/^People: 11\. .*: 12\. Of 11 people looked at, 2 are disabled/);
    const plain = await sources.LDAP.test(
      settings({ urls: [dc.plainUrl] }),
      { bindPassword: dc.bindPassword },
      openOptions(),
    );
    expect(plain).toMatchObject({ ok: false, code: 'BIND_REFUSED', hint: expect.stringContaining('startTls') });
  });

  test('pages of every size around the number of people lose nobody and bring nobody twice', async () => {
    for (const pageSize of [1, 2, 9, 10, 11, 12, 1000]) expect(await names({ pageSize })).toEqual(everybody);
  });

  test("at the root of the domain, machines and the domain's own accounts are no people, also in a scope with disabled ones", async () => {
    const scope = { includeDisabled: true, filter: '(objectClass=user)' };
    const settings = ldapSettings(dc, { baseDns: [root] });
    const { entries, summary } = await readEverybody(settings, { password: dc.bindPassword, scope });
    expect(summary).toMatchObject({ complete: true, referrals: [] });
    const none = entries.filter(({ notAPerson }) => notAPerson).map(({ attributes: [cn] }) => cn);
    expect(none.sort()).toEqual(['Administrator', 'DC1', 'Guest', 'krbtgt']);
    expect(entries).toHaveLength(none.length + everybody.length + ['reader', 'switched off', 'expired'].length);
  });

  test('the global catalog has the same people', async () => {
    const urls = [`ldaps://${dc.address}:3269`];
    expect(await names({ urls })).toEqual(everybody);
  });

  describe('groups', () => {
    const inGroup = (group: string, changes: Partial<LdapSettings> = {}, filter: string | null = null) =>
      names(changes, { scope: { groups: [group], filter } });

    test('a primary group has its members, although memberOf and member do not show them', async () => {
      expect(await inGroup('Domain Users')).toEqual(everybody);
      const [rid] = /(?<=-)\d+$/m.exec(await dc.search(['-b', `CN=few,${root}`, 'objectSid']).then(readSid)) ?? [];
      await dc.change(`dn: CN=few,${root}\nchangetype: modify\nadd: member\nmember: CN=Bob,${staff}\n`);
      await dc.modify(`CN=Bob,${staff}`, { primaryGroupID: String(rid) });
      expect(await inGroup(`CN=few,${root}`)).toEqual(['Ada', 'Bob']);
      expect(await inGroup('Domain Users')).toEqual(everybody);
    });

    test('a group of more than 1500 members loses nobody', async () => {
      const baseDns = [crowd, staff];
      expect(await inGroup('crowd', { baseDns, pageSize: 1000 }, '(objectClass=contact)')).toHaveLength(crowdSize);
    });

    test('members in ranges are read to the last one', async () => {
      const reached = await reach(settings(), { bindPassword: dc.bindPassword }, openOptions(), () => {});
      try {
        const rest = await readRange(reached, `CN=crowd,${root}`, 'member', 50);
        expect(new Set(rest.values).size).toBe(crowdSize - 50);
        expect(rest.undecodable).toBe(false);
      } finally {
        await reached.connection.close();
      }
    });
  });

  test('reports the site of this service, and nothing about other domains', async () => {
    const controller = { url: dc.plainUrl, host: dc.address, port: 389, secure: false };
    const site = await findSite([controller], 'example.test', openOptions());
    expect(site).toBe('Default-First-Site-Name');
    expect(await findSite([controller], 'other.test', openOptions())).toBeNull();
  });

  test('does not accept client certificates, and says so', async () => {
    const { cert, key } = makeCertificate({ commonName: 'reader' });
    const changes = { tlsCert: cert, bindDn: null };
    for (const more of [{}, { urls: [dc.plainUrl], startTls: true }]) {
      const opening = sources.ACTIVE_DIRECTORY.open(settings({ ...changes, ...more }), { tlsKey: key }, openOptions());
      await expect(opening).rejects.toMatchObject({
        code: 'BIND_REFUSED',
        hint: expect.stringContaining('certificate'),
      });
    }
  });
});

/** The SID in the text form, from LDIF with its bytes. */
function readSid(ldif: string): string {
  const bytes = Buffer.from(/objectSid:: (.*)/.exec(ldif)?.[1] ?? '', 'base64');
  return `S-${bytes.readUInt32LE(bytes.length - 4)}`;
}
