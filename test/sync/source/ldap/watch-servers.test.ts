import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Ds389, startDs389 } from '../../../support/ds389.ts';
import type { LdapChanges } from '../../../support/ldap-changes.ts';
import type { LdifEntry } from '../../../support/ldap-ldif.ts';
import { describeSamba, installMs, type Samba, sambaPerson, startSamba } from '../../../support/samba.ts';
import { startWatch, type TestWatch } from '../../../support/watching.ts';

const unit = (dn: string): LdifEntry => ({ dn, attributes: { objectClass: 'organizationalUnit' } });

/** Waits until the watch reports the change that `change` makes. */
async function heard(watching: TestWatch, change: Promise<void>): Promise<void> {
  await Promise.all([watching.change(), change]);
}

/** All changes that can happen to a person. A separate watch must report each one. */
async function everyChange(watch: () => TestWatch, server: LdapChanges, base: string, ada: LdifEntry): Promise<void> {
  const rdn = ada.dn.slice(0, ada.dn.indexOf(','));
  const newRdn = rdn.replace(/=.*/, '=countess');
  const changes = [
    () => server.add(ada.dn, ada.attributes),
    () => server.modify(ada.dn, { title: 'Countess' }),
    () => server.rename(ada.dn, newRdn),
    () => server.rename(`${newRdn},OU=staff,${base}`, rdn, `OU=elsewhere,${base}`),
    () => server.rename(`${rdn},OU=elsewhere,${base}`, rdn, `OU=staff,${base}`),
    () => server.delete(ada.dn),
  ];
  for (const change of changes) {
    const watching = watch();
    await watching.listening;
    await heard(watching, change());
    await watching.stop();
  }
}

describe('a watch of 389 Directory Server', () => {
  const base = 'dc=example,dc=org';
  let server: Ds389;
  beforeAll(async () => {
    const group = { objectClass: 'groupOfNames', cn: 'all', member: base };
    server = await startDs389({
      entries: [
        ...['staff', 'elsewhere'].map((ou) => unit(`OU=${ou},${base}`)),
        { dn: `cn=all,OU=elsewhere,${base}`, attributes: group },
      ],
    });
  }, installMs);
  afterAll(() => server?.close());

  const watch = (groups: string[] = []) =>
    startWatch(server, {
      password: server.bindPassword,
      settings: { baseDns: [`OU=staff,${base}`] },
      scope: { groups },
      times: { askEveryMs: 1_000_000 },
    });

  test('reports every change of people', async () => {
    const attributes = { objectClass: 'inetOrgPerson', uid: 'ada', cn: 'Ada', sn: 'Ada' };
    await everyChange(watch, server, base, { dn: `uid=ada,OU=staff,${base}`, attributes });
  });

  test('reports changes of groups elsewhere if the scope names one', async () => {
    const watching = watch(['all']);
    await watching.listening;
    await heard(watching, server.modify(`cn=all,OU=elsewhere,${base}`, { member: [base, `uid=bob,${base}`] }));
    await watching.stop();
  });
});

describeSamba('a watch of a domain controller', () => {
  const base = 'DC=example,DC=test';
  let dc: Samba;
  beforeAll(async () => {
    dc = await startSamba({ entries: ['staff', 'elsewhere'].map((ou) => unit(`OU=${ou},${base}`)) });
  }, installMs);
  afterAll(() => dc?.close());

  const watch = (changes: { bindDn?: string; bindPassword?: string; sweepEveryMs?: number } = {}) =>
    startWatch(
      { ...dc, ...changes },
      {
        password: changes.bindPassword ?? dc.bindPassword,
        settings: { baseDns: [`OU=staff,${base}`], tlsCa: dc.ca },
        times: { askEveryMs: 20, sweepEveryMs: changes.sweepEveryMs ?? 20, restFactor: 0 },
      },
    );

  test('reports every change of people', async () => {
    await everyChange(watch, dc, base, sambaPerson('ada', `OU=staff,${base}`));
  });

  test('reports deletions at once, if its account may see deleted entries', async () => {
    const ada = sambaPerson('ada', `OU=staff,${base}`);
    await dc.add(ada.dn, ada.attributes);
    const watching = watch({ bindDn: dc.adminDn, bindPassword: dc.adminPassword, sweepEveryMs: 1_000_000 });
    await watching.listening;
    await heard(watching, dc.delete(ada.dn));
    await watching.stop();
  });

  test('reports nothing while nothing changes', async () => {
    const watching = watch();
    await watching.listening;
    const change = watching.change();
    await dc.modify(`OU=elsewhere,${base}`, { description: 'no person' });
    const { dn, attributes } = sambaPerson('bob', `OU=staff,${base}`);
    await dc.add(dn, attributes);
    await change;
    expect(watching.told).toBe(1);
    await watching.stop();
  });
});
