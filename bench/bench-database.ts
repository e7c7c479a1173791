import { readFile, rm } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/db/embedded/start-embedded-postgres.ts';
import { MIGRATIONS_TABLE } from '../src/db/migrate/migrations.ts';
import { bareTable } from './limits.ts';

/** The Postgres of the benchmarks: the embedded one, with its durable settings, in its own folder. */
export type BenchDatabase = {
  url: string;
  /** The process id of the server's first process. */
  pid: number;
  /** The bare table, new and empty. */
  prepareCopy(): Promise<void>;
  /** Removes all workspaces with everything in them, and flushes pending writes. */
  empty(): Promise<void>;
  /** Resolves when the service has no statement under way. The work after the end of a run is over then. */
  quiet(): Promise<void>;
  /** Remembers the present version of every contact row. */
  rememberRows(): Promise<void>;
  /** How many contact rows have been written or locked since `rememberRows`. */
  touchedRows(): Promise<number>;
  close(): Promise<void>;
};

const QUIET_LOOK_MS = 20;

/** All tables of the service's data. What the service knows of the server and of its migrations stays. */
const everything = `
  DO $$
  DECLARE
    tables text := (
      SELECT string_agg(format('%I', relname), ', ') FROM pg_class
      WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition
        AND relname NOT IN ('${MIGRATIONS_TABLE}', 'server_memory', 'bare_contact'));
  BEGIN
    IF tables IS NOT NULL THEN EXECUTE 'TRUNCATE ' || tables || ' CASCADE'; END IF;
  END $$`;

export async function startBenchDatabase(dataDir: string): Promise<BenchDatabase> {
  await rm(dataDir, { recursive: true, force: true });
  const server = await startEmbeddedPostgres({ dataDir });
  // All statements use one session, because it keeps a temporary table.
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  return {
    url: server.url,
    pid: await serverOf(client),
    prepareCopy: async () => {
      for (const statement of bareTable) await client.query(statement);
    },
    empty: async () => {
      await client.query(everything);
    },
    quiet: async () => {
      for (;;) {
        const { rows } = await client.query(
          `SELECT FROM pg_stat_activity WHERE application_name LIKE 'contact-sync%' AND state = 'active' LIMIT 1`,
        );
        if (rows.length === 0) return;
        await wait(QUIET_LOOK_MS);
      }
    },
    rememberRows: async () => {
      await client.query('DROP TABLE IF EXISTS remembered');
      await client.query(
        'CREATE TEMP TABLE remembered AS SELECT id, ctid::text AS place, xmin::text AS wrote, xmax::text AS locked FROM contact',
      );
    },
    touchedRows: async () => {
      const { rows } = await client.query<{ count: string }>(
        `SELECT count(*) FROM remembered FULL JOIN contact AS now USING (id)
         WHERE (place, wrote, locked) IS DISTINCT FROM (now.ctid::text, now.xmin::text, now.xmax::text)`,
      );
      return Number(rows[0]?.count);
    },
    close: async () => {
      await client.end();
      await server.close();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

/** The parent of a session's process; 0 if it is unknown. */
async function serverOf(client: pg.Client): Promise<number> {
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const stat = await readFile(`/proc/${rows[0]?.pid}/stat`, 'utf8').catch(() => '');
  return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1] ?? 0);
}
