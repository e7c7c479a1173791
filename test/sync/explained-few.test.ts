import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { type Changes, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';
import { openForetelling } from './support/foretold.ts';

const count = 600;
const uids = Array.from({ length: count }, (_, i) => `p${i}`);
/** An account that may read addresses, but not search for them. */
const blind = { bindDn: 'cn=blind,dc=example,dc=org', bindPassword: 'blind-secret' };
const blindEntry = {
  dn: blind.bindDn,
  attributes: {
    objectClass: ['organizationalRole', 'simpleSecurityObject'],
    cn: 'blind',
    userPassword: blind.bindPassword,
  },
};
const mappings = [map('DISPLAY_NAME', 'displayName'), map('PRIMARY_EMAIL', 'mail'), map('CITY', 'l')];

describe('a person who is explained in a large directory', () => {
  let slapd: Slapd;
  let proxy: FaultProxy;
  let service: SyncService;
  let syncing: Syncing;
  let foretelling: ReturnType<typeof openForetelling>;
  let connection: string;
  beforeAll(async () => {
    slapd = await startSlapd({
      entries: [unit, blindEntry, ...uids.map((uid) => somebody(uid, { description: 'x'.repeat(200) }))],
      access: [
        `to attrs=mail by dn.exact="${blind.bindDn}" =r by * break`,
        `to * by dn.exact="${blind.bindDn}" read by * break`,
      ],
      config: [`limits dn.exact="${blind.bindDn}" size=unlimited`],
    });
    proxy = await startFaultProxy(slapd.port);
    service = await openSyncing();
    foretelling = openForetelling(service);
    syncing = await service.workspace();
    connection = await connect();
    await syncing.sync(connection);
  });
  afterAll(async () => {
    await foretelling?.close();
    await service?.close();
    await proxy?.close();
    await slapd?.close();
  });

  const connect = (changes: Changes = {}, account = {}): Promise<string> =>
    syncing.createConnection({ ...slapd, ...account, url: proxy.url }, { mappings, removal: removal(), ...changes });

  /** What the explanation of some people has in common with a dry run, and whether everybody was read for it. */
  const explained = async (id: string, some: readonly string[]): Promise<boolean> => {
    const dry = await syncing.sync(id, { mode: 'FULL', dryRun: true });
    const before = proxy.bytes;
    await foretelling.expectExplained(syncing, id, dry, some.map(dn));
    return proxy.bytes - before > some.length * 100 * count;
  };
  const action = async (id: string, uid: string): Promise<string | undefined> =>
    (await foretelling.explain(syncing, id, dn(uid))).person?.action;

  test('is all that is read, and those who claim the same address, however they write it', async () => {
    expect(await explained(connection, ['p7', 'p8'])).toBe(false);
    await slapd.add(dn('alone'), somebody('alone').attributes);
    await slapd.add(dn('one'), { ...somebody('one').attributes, mail: 'shared@example.org' });
    await slapd.add(dn('two'), { ...somebody('two').attributes, mail: ['\tSHARED@example.org '] });
    await slapd.modify(dn('p1'), { mail: 'P2@example.org', l: 'Oslo' });
    expect(await explained(connection, ['alone', 'one', 'two', 'p1', 'p2'])).toBe(false);
    expect(await action(connection, 'alone')).toBe('CREATE');
    expect(await action(connection, 'one')).toBe('SKIP');
    expect(await action(connection, 'p1')).toBe('SKIP');
  });

  test('is all that is read with the usual mapping of all servers, too', async () => {
    const usual = await connect({
      mappings: [...mappings.slice(0, 1), map('PRIMARY_EMAIL', '', { attributes: ['mail', 'proxyAddresses'] })],
    });
    expect(await explained(usual, ['p3'])).toBe(false);
    const odd = await connect({
      mappings: [...mappings.slice(0, 1), map('PRIMARY_EMAIL', '', { attributes: ['mail', 'labeledURI'] })],
    });
    expect(await explained(odd, ['p3'])).toBe(true);
  });

  test('gets an address that others pass on in the same run', async () => {
    await slapd.modify(dn('p10'), { mail: 'p11@example.org' });
    await slapd.modify(dn('p11'), { mail: 'p12@example.org' });
    await slapd.modify(dn('p12'), { mail: 'p10@example.org' });
    await slapd.modify(dn('p13'), { mail: 'p14@example.org' });
    await slapd.modify(dn('p14'), { mail: 'p15@example.org' });
    expect(await explained(connection, ['p10', 'p11', 'p12', 'p13', 'p14', 'p15'])).toBe(false);
    expect(await action(connection, 'p11')).toBe('UPDATE');
    expect(await action(connection, 'p13')).toBe('SKIP');
  });

  test('is told which limits may hold the whole run, and that it would repeat what was taken back', async () => {
    const other = await service.workspace();
    const id = await other.createConnection({ ...slapd, url: proxy.url }, { mappings, removal: removal() });
    const first = await other.sync(id);
    const held = async (uid: string) =>
      (await foretelling.explain(other, id, dn(uid))).steps.filter(({ step }) => step === 'Held');
    expect(await held('p50')).toEqual([
      {
        step: 'Held',
        passed: true,
        detail: expect.stringMatching(/more than 100 % .* newly gone; or when more than 30 %/),
      },
    ]);
    await slapd.modify(dn('p50'), { l: 'Bergen' });
    const review = await other.sync(id, { review: true });
    expect((await held('p51'))[0]).toEqual({
      step: 'Held',
      passed: false,
      detail: expect.stringMatching(
        /^The run of .* UTC is held\. No other run .* A review of the plan was asked for\.$/,
      ),
    });
    await other.reject(review.id);
    await other.revert(first.id);
    expect(await held('p50')).toEqual([
      { step: 'Held', passed: false, detail: expect.stringMatching(/would be held: .* taken back: 1 CREATE\.$/) },
    ]);
  });

  test('is told from everybody where only everybody can tell', async () => {
    await slapd.delete(dn('p20'));
    await slapd.add(dn('heir'), { ...somebody('heir').attributes, mail: 'p20@example.org' });
    expect(await explained(connection, ['heir'])).toBe(true);
    const put = await connect({
      mappings: [...mappings.slice(0, 1), map('PRIMARY_EMAIL', '', { attributes: [], template: '{{ sn }}@x.org' })],
    });
    expect(await explained(put, ['p30'])).toBe(true);
  });

  test('is told from everybody where the server hides who has an address', async () => {
    await slapd.add(dn('seen'), { ...somebody('seen').attributes, mail: 'p40@example.org' });
    const seeing = await connect({}, blind);
    expect(await explained(seeing, ['p40', 'seen'])).toBe(true);
    expect(await action(seeing, 'seen')).toBe('SKIP');
  });
});
