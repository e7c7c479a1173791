import { setTimeout as wait } from 'node:timers/promises';
import { Attribute, Change, Client } from 'ldapts';
import pg from 'pg';
import { people } from '../test/support/ldap-people.ts';
import { startSlapd } from '../test/support/slapd.ts';
import type { Figure } from './figures.ts';
import type { SetUp } from './measure-rounds.ts';
import { closeBench, openBench } from './service-runs.ts';
import { median, percentile } from './statistics.ts';

const CHANGES = 50;
/** The mean pause between two changes. The pauses are random, like those between calls at a help desk. */
const MEAN_PAUSE_MS = 2000;
const LOOK_MS = 10;
const TARGET_MS = 2000;

/**
 * The time from a change of a person in the directory until the contact has it. Changes come at random moments. The
 * service watches the directory over RFC 4533.
 */
export async function measureWatch({ people: count, ...setUp }: SetUp & { people: number }): Promise<Figure[]> {
  const figures: Figure[] = [];
  for (const size of new Set([Math.min(10_000, count), count])) {
    const times = await timeChanges(setUp, size);
    const p95 = percentile(times, 0.95);
    const note = `median ${median(times).toFixed(0)} ms, slowest ${Math.max(...times).toFixed(0)} ms`;
    setUp.say(`${CHANGES} changes among ${size} people: p95 ${p95.toFixed(0)} ms, ${note}`);
    const name = `a person changed in the directory until the contact is changed, p95, ${size} people`;
    figures.push({ name, unit: 'ms', values: [p95], target: TARGET_MS, note });
  }
  return figures;
}

async function timeChanges({ database, keys, folder, profiles }: SetUp, size: number): Promise<number[]> {
  await database.empty();
  const slapd = await startSlapd({ entries: people(size), modules: ['syncprov'], config: ['overlay syncprov'] });
  const directory = { ...slapd, peopleDn: `ou=people,${slapd.baseDn}`, attributes: [] };
  const bench = await openBench({ database, dataDir: folder, keys, directory, profiles, continuous: true });
  const pool = new pg.Pool({ connectionString: database.url });
  const client = new Client({ url: slapd.url });
  try {
    await client.bind(slapd.adminDn, slapd.adminPassword);
    await untilRow(pool, `SELECT FROM run WHERE status = 'SUCCEEDED'`, []);
    const links = await pool.query<Link>('SELECT contact_id, person FROM contact_link ORDER BY random() LIMIT $1', [
      CHANGES,
    ]);
    const changes: Promise<number>[] = [];
    for (const [nth, link] of links.rows.entries()) {
      await wait(-Math.log(1 - Math.random()) * MEAN_PAUSE_MS);
      changes.push(timeChange(client, pool, link, `Changed ${nth}`));
    }
    return await Promise.all(changes);
  } finally {
    await client.unbind();
    await pool.end();
    await closeBench(bench);
    await slapd.close();
  }
}

type Link = { contact_id: string; person: string };

async function timeChange(client: Client, pool: pg.Pool, { contact_id, person }: Link, title: string): Promise<number> {
  const began = performance.now();
  const modification = new Attribute({ type: 'title', values: [title] });
  await client.modify(person, new Change({ operation: 'replace', modification }));
  await untilRow(pool, 'SELECT FROM contact WHERE id = $1 AND job_title = $2', [contact_id, title]);
  return performance.now() - began;
}

async function untilRow(pool: pg.Pool, sql: string, params: unknown[]): Promise<void> {
  while ((await pool.query(sql, params)).rowCount === 0) await wait(LOOK_MS);
}
