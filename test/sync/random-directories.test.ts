import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { RemovalPolicy } from '../../src/core/connection.ts';
import type { RunRecord } from '../../src/core/records.ts';
import type { StartRunMode } from '../../src/core/run.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dice, dn, map, removal, sumOf, unit } from './small-directory.ts';
import { everyChange, openForetelling } from './support/foretold.ts';
import { group, RandomPeople } from './support/random-people.ts';
import { WatchedConnection } from './support/watched-connection.ts';

/** No display name is mapped, so it is made of other fields. */
const mappings = [map('FAMILY_NAME', 'sn'), map('PRIMARY_EMAIL', 'mail'), map('CITY', 'l')];
const scope = scopeOf({ filter: '(!(employeeType=away))', groups: [group], requireEmail: true });
/** A short timeout, so that a frozen server is noticed soon. */
const source = { timeoutSeconds: 3 };

type Roll = (sides: number) => number;
type Server = { slapd: Slapd; proxy: FaultProxy };

describe('whatever happens in a directory', () => {
  /** One server keeps searches open and reports changes since a cookie. The other one must be polled. */
  let servers: { telling: Server; asked: Server };
  let service: SyncService;
  let syncing: Syncing;
  let foretelling: ReturnType<typeof openForetelling>;
  beforeAll(async () => {
    const staff = { objectClass: 'groupOfNames', member: 'cn=reader,dc=example,dc=org' };
    const entries = [unit, { dn: group, attributes: staff }];
    const start = async (options: object): Promise<Server> => {
      const slapd = await startSlapd({ entries, ...options });
      return { slapd, proxy: await startFaultProxy(slapd.port) };
    };
    servers = {
      telling: await start({ modules: ['syncprov'], config: ['overlay syncprov', 'syncprov-sessionlog 100'] }),
      asked: await start({}),
    };
    service = await openSyncing();
    foretelling = openForetelling(service);
  });
  afterAll(async () => {
    await foretelling?.close();
    await service?.close();
    for (const { proxy, slapd } of Object.values(servers ?? {})) {
      await proxy.close();
      await slapd.close();
    }
  });

  /** A run without a result: it is cut off, cancelled or rejected, or the connection is edited. */
  const disturb = async (connection: string, { proxy }: Server, roll: Roll) => {
    const before = await syncing.contacts();
    const what = roll(6);
    if (what === 0) {
      proxy.fault = { kind: 'cut', afterBytes: proxy.bytes + 200 + roll(6000) };
      const run = await syncing.sync(connection);
      proxy.fault = { kind: 'none' };
      if (run.status === 'SUCCEEDED') return;
      expect(run.status).toBe('FAILED');
    } else if (what === 1) {
      const held = await syncing.sync(connection, { review: true });
      if (held.status === 'HELD') await syncing.reject(held.id);
    } else if (what === 2) {
      const held = await syncing.sync(connection, { review: true });
      if (held.status === 'HELD') await syncing.runStore.cancel(syncing.workspaceId, held.id, held.startedBy);
    } else if (what === 3) await syncing.edit(connection, { description: `edited ${roll(1000)}` });
    expect(await syncing.contacts()).toEqual(before);
  };

  const expectSound = async (run: RunRecord) => {
    const { counts } = run;
    expect(run).toMatchObject({ status: 'SUCCEEDED', counts: { failed: 0 } });
    expect(sumOf(counts)).toBe(counts.inScope);
    const lines = await syncing.log(run.id);
    expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
    const told = (code: string) => lines.filter((line) => line.code === code).length;
    expect([told('CONTACT_CREATED'), told('CONTACT_UPDATED'), told('CONTACT_LINKED')]).toEqual([
      counts.created,
      counts.updated,
      counts.linked,
    ]);
    expect([told('CONTACT_REACTIVATED'), told('CONTACT_DEACTIVATED'), told('CONTACT_DELETED')]).toEqual([
      counts.reactivated,
      counts.deactivated,
      counts.deleted,
    ]);
    expect(lines.filter(({ level, person }) => level === 'WARN' && person !== null)).toHaveLength(counts.skipped);
  };

  type Fed = { person: string; name: string; mail: string; city: string | null; gone: boolean; due: boolean };
  const fedContacts = () =>
    syncing.rows<Fed>(
      `SELECT link.person, contact.display_name AS name, contact.primary_email AS mail, contact.city,
         link.gone_since IS NOT NULL AS gone, contact.removal_due_at IS NOT NULL AS due
       FROM contact_link AS link JOIN contact ON contact.id = link.contact_id WHERE contact.status = 'ACTIVE'`,
    );

  /**
   * Each person whose address is claimed by no one else has one active contact with the directory's values. Nobody who
   * is in the directory counts as gone, even when they are skipped.
   */
  const expectModel = async (people: RandomPeople, before: readonly Fed[]) => {
    const fed = await fedContacts();
    const present = people.inScope;
    const isThere = ({ person }: Fed): boolean => present.some(({ uid }) => dn(uid) === person);
    for (const row of fed) if (isThere(row)) expect(row).toMatchObject({ gone: false, due: false });
    for (const { uid, name, mail, city } of present) {
      if (present.filter((other) => other.mail === mail).length > 1) continue;
      const own = fed.filter((row) => row.person === dn(uid));
      const holder = fed.find((row) => row.mail === mail);
      // A person who came back with another address keeps the contact. The person who claims the old address gets it in the next run.
      if (holder === undefined && before.some((row) => row.mail === mail && row.gone && isThere(row))) continue;
      if (holder !== undefined && holder.person !== dn(uid)) {
        // Only a contact whose person is still there, or that is kept, can hold the address.
        expect(holder.gone || isThere(holder)).toBe(true);
        continue;
      }
      expect({ uid, own }).toEqual({
        uid,
        own: [{ person: dn(uid), name, mail, city: city || null, gone: false, due: false }],
      });
    }
  };

  const outcome = ({ counts, excluded }: RunRecord) => ({ counts, excluded });
  const modes: StartRunMode[] = ['FULL', 'INCREMENTAL', 'INCREMENTAL', 'AUTO'];
  /** Whether only people were read of whom the server said that they had been touched. */
  const isTold = ({ modeReason }: RunRecord) => modeReason?.includes('which entries have been touched') === true;
  const isIncremental = ({ mode }: RunRecord) => mode === 'INCREMENTAL';

  /** Runs of the test's own, one after another. Returns the run that counts. */
  const runByHand = async (connection: string, server: Server, people: RandomPeople, roll: Roll) => {
    await people.change();
    await disturb(connection, server, roll);
    if (roll(3) === 0) await people.change();
    const [before, fed] = [await syncing.contacts(), await fedContacts()];
    const dry = await syncing.sync(connection, { mode: modes[roll(4)], dryRun: true });
    await foretelling.expectForetold(syncing, connection, dry, people.dns, people.dns.length);
    expect(await syncing.contacts()).toEqual(before);
    const planned = await everyChange(syncing, dry);
    const run = await syncing.sync(connection, { mode: modes[roll(4)] });
    expect(outcome(run)).toEqual(outcome(dry));
    expect(await everyChange(syncing, run)).toEqual(planned);
    await expectSound(run);
    await expectModel(people, fed);
    return run;
  };

  /** Lets a service watch the connection for a while. Returns the runs that it made. */
  const keepUpToDate = async (connection: string, server: Server, people: RandomPeople, roll: Roll) => {
    const databaseUrl = service.url;
    const watched = await WatchedConnection.begin({ databaseUrl, syncing, connection, people, roll, ...server });
    try {
      for (let step = 1 + roll(3); step > 0; step--) {
        for (let i = 1 + roll(3); i > 0; i--) {
          await people.change();
          await watched.disturb();
        }
        await watched.settle();
        // Addresses that became free by the last run get to their people in the next one.
        const fed = await fedContacts();
        await watched.settle();
        await expectModel(people, fed);
      }
      const runs = await watched.end();
      for (const run of runs) await expectSound(run);
      return runs;
    } finally {
      await watched.close();
    }
  };

  const cases: [string, keyof typeof servers, number, RemovalPolicy][] = [
    ['removals deactivate', 'asked', 11, removal()],
    ['removals delete', 'telling', 22, removal({ action: 'DELETE' })],
    ['contacts are kept', 'telling', 33, removal({ action: 'KEEP' })],
    ['contacts have a grace', 'asked', 44, removal({ graceDays: 5 })],
  ];
  test.each(cases)(
    'counts, log and contacts agree, however runs come about: %s, the server is %s',
    async (_, which, seed, policy) => {
      syncing = await service.workspace();
      const server = servers[which];
      const roll = dice(seed);
      const people = new RandomPeople(server.slapd, roll, seed * 1000);
      try {
        await people.begin();
        const connection = await syncing.createConnection(
          { ...server.slapd, url: server.proxy.url },
          { mappings, scope, removal: policy, source },
        );
        const runs: RunRecord[] = [];
        for (let round = 0; round < 9; round++) {
          if (round % 4 === 3) runs.push(...(await keepUpToDate(connection, server, people, roll)));
          else runs.push(await runByHand(connection, server, people, roll));
        }
        expect(runs.filter(isIncremental).length).toBeGreaterThan(2);
        expect(runs.some(isTold)).toBe(which === 'telling');
        let last = await syncing.sync(connection);
        // Addresses that were claimed twice can become free one after another.
        for (let i = 0; i < 3 && last.counts.unchanged + last.counts.skipped < last.counts.inScope; i++)
          last = await syncing.sync(connection);
        const settled = await syncing.contacts();
        const again = await syncing.sync(connection);
        expect(again.counts).toMatchObject({
          created: 0,
          updated: 0,
          linked: 0,
          reactivated: 0,
          deactivated: 0,
          deleted: 0,
        });
        expect(await syncing.contacts()).toEqual(settled);
      } finally {
        await people.clear();
      }
    },
  );
});
