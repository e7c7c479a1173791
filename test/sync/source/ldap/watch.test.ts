import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startFaultProxy } from '../../../support/fault-proxy.ts';
import type { LdifEntry } from '../../../support/ldap-ldif.ts';
import { people } from '../../../support/ldap-people.ts';
import { type Slapd, startSlapd } from '../../../support/slapd.ts';
import { startWatch, type TestWatch, type WatchOptions } from '../../../support/watching.ts';

const base = 'dc=example,dc=org';
const crowd = 500;
const unit = (ou: string): LdifEntry => ({
  dn: `ou=${ou},${base}`,
  attributes: { objectClass: ['organizationalUnit'], ou },
});
const ada = { objectClass: ['inetOrgPerson'], uid: 'ada', cn: 'Ada', sn: 'Ada' };
const watches: TestWatch[] = [];
/** One server reports changes; the other must be polled. */
let telling: Slapd;
let asked: Slapd;

beforeAll(async () => {
  const entries = [
    unit('staff'),
    unit('elsewhere'),
    { dn: `cn=all,ou=elsewhere,${base}`, attributes: { objectClass: ['groupOfNames'], cn: 'all', member: base } },
  ];
  [telling, asked] = await Promise.all([
    startSlapd({ modules: ['syncprov'], config: ['overlay syncprov'], entries: [...people(crowd), ...entries] }),
    startSlapd({ entries: [...people(crowd), ...entries] }),
  ]);
});
afterAll(async () => {
  await Promise.all(watches.map((watch) => watch.stop()));
  await Promise.all([telling?.close(), asked?.close()]);
});

function watch(slapd: Slapd, options: WatchOptions = {}, url = slapd.url): TestWatch {
  const settings = { bindDn: slapd.bindDn, baseDns: [`ou=staff,${base}`], ...options.settings };
  const one = startWatch({ url }, { password: slapd.bindPassword, ...options, settings });
  watches.push(one);
  return one;
}

const quick = { askEveryMs: 20, sweepEveryMs: 20, restFactor: 0 };

describe.each([
  ['that tells of changes', () => telling, {}],
  ['that must be asked', () => asked, quick],
] as const)('a watch of a directory %s', (_, slapd, times) => {
  const dn = `uid=ada,ou=staff,${base}`;
  const away = `uid=ada,ou=elsewhere,${base}`;

  test('reports people who are added, changed, renamed, moved away, moved in and deleted', async () => {
    const server = slapd();
    const changes = [
      () => server.add(dn, ada),
      () => server.modify(dn, { title: 'Countess' }),
      () => server.rename(dn, 'uid=countess'),
      () => server.rename(`uid=countess,ou=staff,${base}`, 'uid=ada', `ou=elsewhere,${base}`),
      () => server.rename(away, 'uid=ada', `ou=staff,${base}`),
      () => server.delete(dn),
    ];
    // A watch that polls can report one change twice, so each change has a separate watch.
    for (const change of changes) {
      const watching = watch(server, { times });
      await watching.listening;
      await Promise.all([watching.change(), change()]);
      await watching.stop();
    }
  });

  test('reports a change of a group elsewhere if the scope names a group', async () => {
    const server = slapd();
    const watching = watch(server, { times, scope: { groups: ['all'] } });
    await watching.listening;
    const change = watching.change();
    await server.modify(`cn=all,ou=elsewhere,${base}`, { member: [base, `uid=${Math.random()},${base}`] });
    await change;
    await watching.stop();
  });

  test("ends with the signal's reason", async () => {
    const proxy = await startFaultProxy(slapd().port);
    const watching = watch(slapd(), { times }, proxy.url);
    await watching.listening;
    expect(await watching.stop()).toMatchObject({ message: 'stopped' });
    await proxy.close();
  });

  test('breaks when the connection is cut', async () => {
    const proxy = await startFaultProxy(slapd().port);
    const watching = watch(slapd(), { times }, proxy.url);
    await watching.listening;
    proxy.cut();
    expect(await watching.ended).toMatchObject({ code: 'CONNECTION_LOST' });
    await proxy.close();
  });

  test('breaks when the server stops answering', async () => {
    const proxy = await startFaultProxy(slapd().port);
    const settings = { timeoutSeconds: 1 };
    const watching = watch(slapd(), { times: { ...times, checkEveryMs: 50 }, settings }, proxy.url);
    await watching.listening;
    proxy.silence();
    expect(await watching.ended).toMatchObject({ code: 'TIMEOUT' });
    await proxy.close();
  });

  test('lasts as long as the server answers, even if nothing changes', async () => {
    const proxy = await startFaultProxy(slapd().port);
    const watching = watch(slapd(), { times: { ...times, checkEveryMs: 10 } }, proxy.url);
    await watching.listening;
    const { bytes } = proxy;
    while (proxy.bytes < bytes + 10_000) await new Promise(setImmediate);
    expect(watching.told).toBe(0);
    const change = watching.change();
    await slapd().add(dn, ada);
    await change;
    await watching.stop();
    await slapd().delete(dn);
    await proxy.close();
  });

  test('works over TLS', async () => {
    const server = slapd();
    const settings = { tlsCa: server.ca };
    const watching = watch(server, { times, settings }, server.ldapsUrl);
    const started = watch(server, { times, settings: { ...settings, startTls: true } });
    await Promise.all([watching.listening, started.listening]);
    await Promise.all([watching.change(), started.change(), server.add(dn, ada)]);
    await Promise.all([watching.change(), started.change(), server.delete(dn)]);
    await Promise.all([watching.stop(), started.stop()]);
  });

  test("says why it can't begin", async () => {
    const server = slapd();
    expect(await watch(server, { times, password: 'wrong' }).ended).toMatchObject({ code: 'BIND_REFUSED' });
    const settings = { baseDns: [`ou=nowhere,${base}`] };
    expect(await watch(server, { times, settings }).ended).toMatchObject({ code: 'BASE_DN_NOT_FOUND' });
  });
});

describe('a watch of a directory that reports changes', () => {
  test('does not fetch everybody first, and reports nobody outside the scope', async () => {
    const proxy = await startFaultProxy(telling.port);
    const watching = watch(telling, { settings: { baseDns: [base] } }, proxy.url);
    await watching.listening;
    expect(proxy.bytes).toBeLessThan(crowd * 20);
    const change = watching.change();
    await telling.modify(`ou=elsewhere,${base}`, { description: 'no person' });
    await telling.add(`uid=ada,${base}`, ada);
    await change;
    await telling.delete(`uid=ada,${base}`);
    await watching.stop();
    expect(watching.told).toBeLessThanOrEqual(2);
    await proxy.close();
  });
});

describe('a watch of a directory that must be polled', () => {
  test('checks that the server is alive only while no other request is under way', async () => {
    const times = { askEveryMs: 20, sweepEveryMs: 0, restFactor: 0, checkEveryMs: 1 };
    const watching = watch(asked, { times, settings: { baseDns: [base], pageSize: 500 } });
    await watching.listening;
    const change = watching.change();
    await asked.add(`uid=ada,ou=staff,${base}`, ada);
    await change;
    await watching.stop();
    await asked.delete(`uid=ada,ou=staff,${base}`);
  });

  test('finds who is gone by its sweeps alone', async () => {
    await asked.add(`uid=ada,ou=staff,${base}`, ada);
    const watching = watch(asked, { times: { ...quick, askEveryMs: 20, sweepEveryMs: 0 } });
    await watching.listening;
    const change = watching.change();
    await asked.delete(`uid=ada,ou=staff,${base}`);
    await change;
    await watching.stop();
  });
});
