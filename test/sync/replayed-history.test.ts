import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { OrphanedContacts } from '../../src/core/connection.ts';
import { uuidText } from '../../src/core/uuid.ts';
import { valuesOf } from '../../src/db/contact/contact-columns.ts';
import { canonicalDn } from '../../src/sync/source/ldap/dn.ts';
import { hexOf } from '../../src/sync/stage/digest.ts';
import { ldapSettings, scopeOf } from '../support/ldap-reading.ts';
import { type Slapd, startSlapd } from '../support/slapd.ts';
import { anna, openSyncing, type Syncing, type SyncService } from '../support/syncing.ts';
import { dn, map, removal, somebody, unit } from './small-directory.ts';

/** Repeatable random numbers (a linear congruential generator). */
const dice = (seed: number) => {
  let state = seed;
  return (sides: number): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((state / 2 ** 32) * sides);
  };
};
type Roll = ReturnType<typeof dice>;

const names = ['Byron', 'King', 'Lovelace'];
const cities = ['Paris', 'Rome', 'Oslo', 'Refused'];
const addresses = Array.from({ length: 20 }, (_, i) => `box${i}@example.org`);

const mappings = [
  map('FAMILY_NAME', 'sn'),
  map('PRIMARY_EMAIL', 'mail'),
  map('CITY', 'l'),
  map('MANAGER', 'manager'),
  map('PORTAL_ACCESS', '', { attributes: [], value: 'TRUE' }),
];
/** For each connection, the attribute that takes people out of only its scope. */
const awayFrom = ['employeeType', 'title'] as const;
const policies = [
  removal(),
  removal({ action: 'DELETE' }),
  removal({ action: 'KEEP' }),
  removal({ graceDays: 5 }),
  removal({ action: 'DELETE', graceDays: 3 }),
];

type State = {
  version: number | null;
  status: string | null;
  portal_access_before: boolean | null;
  removal_due_at: string | null;
  values: Record<string, unknown>;
};
type Change = Omit<State, 'values'> & {
  contact_id: string;
  action: string;
  before: State['values'] | null;
  after: State['values'] | null;
  state_before: Pick<State, 'status' | 'portal_access_before' | 'removal_due_at'> | null;
};

describe('the history of contacts', () => {
  let slapd: Slapd;
  let service: SyncService;
  let syncing: Syncing;
  beforeAll(async () => {
    slapd = await startSlapd({ entries: [unit] });
    service = await openSyncing();
    // The database refuses some values, so some changes fail while others succeed.
    await service.pool.query(`ALTER TABLE contact ADD CONSTRAINT refused CHECK (city <> 'Refused')`);
  });
  afterAll(async () => {
    await service?.close();
    await slapd?.close();
  });

  const changes = () =>
    syncing.rows<Change>(
      `SELECT contact_id, action, contact_version AS version, status, portal_access_before,
         to_jsonb(removal_due_at)->>0 AS removal_due_at, to_jsonb(before) AS before, to_jsonb(state_before) AS state_before,
         CASE WHEN display_name IS NOT NULL THEN to_jsonb(${valuesOf('contact_change')}) END AS after
       FROM contact_change WHERE outcome IS NULL AND (contact_version IS NOT NULL OR action = 'DELETE')
       ORDER BY contact_id, coalesce(contact_version, (state_before).version), contact_version NULLS LAST, at, position`,
    );

  const contacts = async () => {
    const rows = await syncing.rows<State & { id: string }>(
      `SELECT id, version, status, portal_access_before, to_jsonb(removal_due_at)->>0 AS removal_due_at,
         to_jsonb(${valuesOf('contact')}) AS values FROM contact ORDER BY id`,
    );
    return new Map(rows.map(({ id, ...state }) => [id, state]));
  };

  /** Replays the whole history. Each change must begin with the state in which the one before it ended. */
  const replayed = async (): Promise<Map<string, State>> => {
    const all = new Map<string, State>();
    /** The last versions of deleted contacts. A contact that is brought back continues from there. */
    const gone = new Map<string, number | null>();
    for (const { contact_id: id, action, before, after, state_before, ...state } of await changes()) {
      const current = all.get(id);
      expect([id, action === 'CREATE']).toEqual([id, current === undefined]);
      if (current !== undefined) {
        expect(state_before).toMatchObject({
          status: current.status,
          portal_access_before: current.portal_access_before,
          removal_due_at: current.removal_due_at,
        });
        if (before !== null) expect([id, before]).toEqual([id, current.values]);
      }
      const isSame =
        action === 'NONE' && current !== undefined && current.removal_due_at === state.removal_due_at ? 0 : 1;
      if (action !== 'DELETE')
        expect([id, state.version]).toEqual([id, (current?.version ?? gone.get(id) ?? 0) + isSame]);
      const values = after ?? (current as State).values;
      if (action === 'DELETE') {
        gone.set(id, current?.version ?? null);
        all.delete(id);
      } else all.set(id, { ...state, values: action === 'DEACTIVATE' ? { ...values, PORTAL_ACCESS: null } : values });
    }
    return all;
  };

  const expectSound = async () => {
    expect(Object.fromEntries(await replayed())).toEqual(Object.fromEntries(await contacts()));
    const untold = await syncing.rows(
      `SELECT change.change_set, change.position, change.action FROM contact_change AS change
       WHERE change.outcome IS NULL AND change.action NOT IN ('SKIP', 'NONE') AND (
         SELECT count(*) FROM contact_feed_batch AS batch WHERE batch.change_set = change.change_set
           AND change.position BETWEEN batch.first_position AND batch.last_position) <> 1`,
    );
    expect(untold).toEqual([]);
    const counted = (sql: string) =>
      syncing.rows(`SELECT status, ${sql} GROUP BY status HAVING ${sql.split(' ')[0]} > 0 ORDER BY 1`);
    expect(await counted('sum(contacts)::int AS n FROM contact_count')).toEqual(
      await counted('count(*)::int AS n FROM contact'),
    );
  };

  /** Names of people in several spellings. Some name nobody. */
  const managers = (roll: Roll): string[] => {
    const name = dn(`r${roll(born + 2)}`);
    return [name, name.toUpperCase(), name.replaceAll(',', ' , ')];
  };

  /** A manager is found by the digest of the name that the contact has, whichever connection it came from. */
  const expectFindable = async () => {
    const all = await syncing.rows<{ workspace_id: string; manager: string | null; manager_ref: string | null }>(
      'SELECT workspace_id, manager, manager_ref FROM contact',
    );
    for (const { workspace_id, manager, manager_ref } of all)
      expect(manager_ref).toBe(manager === null ? null : refOf(manager, workspace_id));
  };

  const people = new Map<string, string>();
  let born = 0;

  /** Some people come, go, move out of a connection's scope or back, or change their values. */
  const stir = async (roll: Roll) => {
    const ldif: string[] = [];
    const one = <T>(of: readonly T[]): T => of[roll(of.length)] as T;
    for (let i = 3 + roll(7); i > 0; i--) {
      const [uid] = people.size === 0 ? [] : [one([...people.keys()])];
      const what = roll(7);
      if (uid === undefined || what < 2) {
        const id = `r${born++}`;
        const mail = one(addresses);
        people.set(id, mail);
        const attributes = Object.entries(somebody(id).attributes).map(([name, value]) =>
          name === 'mail' ? `mail: ${mail}` : name === 'sn' ? `sn: ${one(names)}` : `${name}: ${String(value)}`,
        );
        ldif.push(`dn: ${dn(id)}\nchangetype: add\n${attributes.join('\n')}\n\n`);
      } else if (what === 2) {
        people.delete(uid);
        ldif.push(`dn: ${dn(uid)}\nchangetype: delete\n\n`);
      } else {
        const put = (name: string, value: string | null) =>
          `dn: ${dn(uid)}\nchangetype: modify\nreplace: ${name}\n${value === null ? '' : `${name}: ${value}\n`}-\n\n`;
        if (what === 3) ldif.push(put('mail', one(addresses)));
        else if (what === 4)
          ldif.push(put('l', one(cities)) + put('sn', one(names)) + put('manager', one([null, ...managers(roll)])));
        else ldif.push(put(one(awayFrom), roll(2) === 0 ? 'away' : null));
      }
    }
    await slapd.change(ldif.join(''));
  };

  const settled = async (id: string, roll: Roll) => {
    const { status } = await syncing.run(id);
    if (status !== 'HELD') return;
    if (roll(3) === 0) await syncing.reject(id);
    else await syncing.approve(id);
  };

  /** A run that would repeat what was reverted waits for approval. */
  const approved = async (id: string) => {
    if ((await syncing.run(id)).status === 'HELD') await syncing.approve(id);
  };
  const synced = async (connection: string) => approved((await syncing.sync(connection)).id);

  test.each([1, 8])(
    'replayed from nothing, comes to the contacts as they are (%i)',
    async (seed) => {
      syncing = await service.workspace();
      await slapd.refill([unit]);
      people.clear();
      const roll = dice(seed * 7919);
      const create = (nth: number) =>
        syncing.createConnection(slapd, {
          mappings,
          scope: scopeOf({ filter: `(!(${awayFrom[nth]}=away))` }),
          removal: policies[roll(policies.length)] ?? removal(),
        });
      const connections = [await create(0), await create(1)];
      const of = (nth: number): string => connections[nth] ?? '';
      for (let round = 0; round < 18; round++) {
        await stir(roll);
        const nth = roll(2);
        const [mine, other] = [of(nth), of(1 - nth)];
        const what = roll(12);
        if (what === 0) await syncing.sync(mine, { dryRun: true });
        else if (what < 3) {
          // Others change the contacts of a plan before it is approved.
          const { id } = await syncing.sync(mine, { review: true });
          await stir(roll);
          await synced(other);
          await settled(id, roll);
        } else if (what === 3) {
          await syncing.workspace.deleteConnection(mine, Object.values(OrphanedContacts)[roll(3)] ?? 'KEEP', anna);
          connections[nth] = await create(nth);
        } else if (what === 4) {
          await syncing.edit(mine, { removal: policies[roll(policies.length)] ?? removal() });
        } else if (what === 5) {
          // Time passes, so a grace may end.
          await syncing.rows(
            `UPDATE contact_link SET gone_since = gone_since - interval '4 days' WHERE gone_since IS NOT NULL`,
          );
        } else if (what === 6) {
          await syncing.edit(mine, { source: ldapSettings({ url: 'ldap://127.0.0.1:1' }) });
          expect((await syncing.sync(mine)).status).toBe('FAILED');
          await syncing.edit(mine, { source: ldapSettings(slapd) });
        } else if (what === 7) {
          // The run's worker stops in the middle, and another one continues.
          const id = await syncing.start(mine);
          await syncing.carryOut(id, AbortSignal.timeout(10 + roll(80)));
          if ((await syncing.run(id)).finishedAt === null) await syncing.carryOut(id);
          await approved(id);
        } else if (what === 8) {
          // The last run's changes are reverted, except those to which something has changed since.
          const [last] = await syncing.rows<{ id: string }>(
            `SELECT run.id FROM run WHERE connection_id = $1 AND NOT dry_run AND EXISTS (
               SELECT FROM contact_change WHERE change_set = run.id AND outcome IS NULL AND action <> 'SKIP')
             ORDER BY queued_at DESC LIMIT 1`,
            [mine],
          );
          if (last === undefined) continue;
          const back = await syncing.revert(last.id);
          if (roll(2) === 0 && back.status === 'SUCCEEDED' && back.counts.deleted > 0) await syncing.revert(back.id);
        } else if (what === 9) {
          // Single changes, old and new, are reverted, in whole or in part, except where something has changed since.
          const made = await syncing.rows<{ change_set: string; position: string }>(
            `SELECT change_set, position FROM contact_change WHERE outcome IS NULL AND action <> 'SKIP'
             ORDER BY change_set, position`,
          );
          for (let i = 0; i < 5 && made.length > 0; i++) {
            const change = made[roll(made.length)];
            await syncing.workspace.revertChange(change?.change_set ?? '', Number(change?.position), anna);
            await expectSound();
          }
        } else await Promise.all(roll(3) === 0 ? [synced(mine), synced(other)] : [synced(mine)]);
        await expectSound();
        await expectFindable();
      }
      const left = await syncing.rows(
        `SELECT run.status, run.id FROM plan_row JOIN run ON run.id = plan_row.run_id WHERE run.finished_at IS NOT NULL`,
      );
      expect(left).toEqual([]);
      for (const { id } of await syncing.rows<{ id: string }>('SELECT id FROM run')) {
        const lines = await syncing.log(id);
        expect(lines.map(({ seq }) => seq)).toEqual(lines.map((_, i) => i + 1));
      }
      const actions = new Set((await changes()).map(({ action }) => action));
      for (const action of ['CREATE', 'UPDATE', 'NONE']) expect(actions).toContain(action);
    },
    180_000,
  );
});

/** The digest of a name, which is another one in each workspace. */
function refOf(name: string, workspaceId: string): string {
  const salted = BigInt(`0x${hexOf(canonicalDn(name))}`) ^ BigInt(`0x${workspaceId.replaceAll('-', '')}`);
  return uuidText(salted.toString(16).padStart(32, '0'));
}
