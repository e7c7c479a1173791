import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AppError } from '../../../../src/core/app-error.ts';
import type { LdapSettings } from '../../../../src/sync/source/ldap/ldap-settings.ts';
import { sources } from '../../../../src/sync/source/sources.ts';
import { type Ds389, startDs389 } from '../../../support/ds389.ts';
import type { LdifEntry } from '../../../support/ldap-ldif.ts';
import { ldapSettings, openOptions, readEverybody } from '../../../support/ldap-reading.ts';

const baseDn = 'dc=example,dc=org';

describe('reading 389 Directory Server', () => {
  let server: Ds389;

  beforeAll(async () => {
    const imported: LdifEntry[] = [
      { dn: `ou=imported,${baseDn}`, attributes: { objectClass: 'organizationalUnit' } },
      { dn: `uid=old,ou=imported,${baseDn}`, attributes: { objectClass: 'inetOrgPerson', cn: 'old', sn: 'old' } },
    ];
    server = await startDs389({ imported });
  }, 600_000);
  afterAll(() => server?.close());

  test('the id of a person is nsUniqueId, also of one who was imported offline and has no entryUUID', async () => {
    await server.add(`uid=new,ou=imported,${baseDn}`, { objectClass: 'inetOrgPerson', cn: 'new', sn: 'new' });
    const shown = await server.search(['-b', `ou=imported,${baseDn}`, '(cn=*)', 'nsUniqueId', 'entryUUID']);
    const told = [...shown.matchAll(/^nsUniqueId: (.*)$/gim)].map((match) => match[1]);
    expect(shown.match(/^entryUUID: /gim)).toHaveLength(1);
    const ways: [url: string, changes: Partial<LdapSettings>][] = [
      [server.url, {}],
      [server.url, { startTls: true, tlsCa: server.ca }],
      [server.ldapsUrl, {}],
    ];
    for (const [url, changes] of ways) {
      const settings = ldapSettings({ ...server, url }, { baseDns: [`ou=imported,${baseDn}`], ...changes });
      const { entries } = await readEverybody(settings, { password: server.bindPassword });
      expect(entries.map(({ id }) => id)).toEqual(told);
    }
  });

  test('its test answers with the kind of server, paging and the id', async () => {
    const settings = ldapSettings({ ...server, url: server.ldapsUrl });
    const result = await sources.LDAP.test(settings, { bindPassword: server.bindPassword }, openOptions());
    expect(result).toMatchObject({ ok: true, code: null, server: `${server.ldapsUrl} (389 Directory Server)` });
    const checks = result.checks.filter(({ name }) => name !== 'Clock');
    expect(checks.map(({ name, status }) => `${name} ${status}`).filter((check) => !check.endsWith(' OK'))).toEqual([
      // Nobody here has an email.
      'Fields WARN',
    ]);
    expect(checks.find(({ name }) => name === 'People')?.detail).toContain('nsUniqueId');
  });

  test('without an account it shows nobody, without an error: the read is not complete, and its test warns', async () => {
    const settings = ldapSettings(server, { bindDn: null });
    const { entries, summary } = await readEverybody(settings);
    expect(entries).toEqual([]);
    expect(summary).toMatchObject({
      complete: false,
      because: expect.stringContaining('can be seen without signing in'),
    });
    const result = await sources.LDAP.test(settings, {}, openOptions());
    const doubtful = result.checks.filter(({ status }) => status === 'WARN').map(({ name }) => name);
    expect(doubtful).toEqual(['TLS', 'Sign-in', 'Base DN', 'People']);
  });

  describe('signing in is refused as BIND_REFUSED, with advice:', () => {
    const refused = async (changes: Partial<LdapSettings>, password = server.bindPassword): Promise<AppError> => {
      const error = await readEverybody(ldapSettings(server, changes), { password }).catch((thrown: unknown) => thrown);
      if (error instanceof AppError) return error;
      throw new Error('not refused', { cause: error });
    };
    /** Changes an entry while `work` is running. */
    const whileSet = async (dn: string, name: string, value: string, work: () => Promise<void>): Promise<void> => {
      const before = await server.search(['-b', dn, '-s', 'base', name]);
      await server.modify(dn, { [name]: value });
      try {
        await work();
      } finally {
        await server.modify(dn, { [name]: new RegExp(`^${name}: (.*)$`, 'im').exec(before)?.[1] ?? [] });
      }
    };

    test('a wrong password, and an unknown account', async () => {
      for (const error of [await refused({}, 'wrong'), await refused({ bindDn: `cn=nobody,${baseDn}` })]) {
        expect(error).toMatchObject({ code: 'BIND_REFUSED' });
        expect(error.hint).toContain('Check bindDn');
      }
    });

    test('an account that is locked', async () => {
      await whileSet(server.bindDn, 'nsAccountLock', 'true', async () => {
        const error = await refused({});
        expect(error).toMatchObject({ code: 'BIND_REFUSED', message: expect.stringContaining('inactivated') });
        expect(error.hint).toContain('locked');
      });
    });

    test('a password without encryption, where the server wants it encrypted', async () => {
      await whileSet('cn=config', 'nsslapd-require-secure-binds', 'on', async () => {
        const error = await refused({});
        expect(error).toMatchObject({ code: 'BIND_REFUSED', hint: expect.stringContaining('turn on startTls') });
        const settings = ldapSettings(server, { startTls: true, tlsCa: server.ca });
        expect((await readEverybody(settings, { password: server.bindPassword })).entries).not.toEqual([]);
      });
    });

    test('no account, if the server requires one', async () => {
      await whileSet('cn=config', 'nsslapd-allow-anonymous-access', 'off', async () => {
        expect(await refused({ bindDn: null })).toMatchObject({
          code: 'BIND_REFUSED',
          hint: 'Set bindDn and bindPassword.',
        });
      });
    });
  });
});
