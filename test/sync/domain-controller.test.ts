import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ldapSettings, readEverybody } from '../support/ldap-reading.ts';
import { describeSamba, installMs, type Samba, sambaPerson, startSamba } from '../support/samba.ts';

describeSamba("Active Directory on a domain controller of Samba's", () => {
  const people = 'OU=people,DC=example,DC=test';
  let dc: Samba;

  beforeAll(async () => {
    dc = await startSamba({
      entries: [
        { dn: people, attributes: { objectClass: 'organizationalUnit' } },
        sambaPerson('Ada Lovelace', people, { mail: 'ada@example.test' }),
      ],
    });
  }, installMs);
  afterAll(() => dc?.close());

  test("a person's id is the objectGUID as the tools of the server write it", async () => {
    const settings = ldapSettings(dc, { baseDns: [people] });
    const { entries } = await readEverybody(settings, { password: dc.bindPassword });
    const shown = await dc.tool(['user', 'show', 'Ada.Lovelace', '--attributes=objectGUID']);
    expect(entries.map(({ id }) => id)).toEqual([/^objectGUID: (.*)$/m.exec(shown)?.[1]]);
  });
});
