import { rm } from 'node:fs/promises';
import pg from 'pg';
import { startEmbeddedPostgres } from '../src/db/embedded/start-embedded-postgres.ts';
import { bareTable } from './limits.ts';

/** The Postgres of the benchmarks: the embedded one, with its durable settings, in a folder of its own. */
export type BenchDatabase = {
  url: string;
  /** The bare table, new and empty. */
  prepareCopy(): Promise<void>;
  /** Removes all workspaces with everything in them, and settles what is still to be written. */
  empty(): Promise<void>;
  /** Remembers every contact row as it lies there now. */
  rememberRows(): Promise<void>;
  /** How many contact rows have been written or locked since. */
  touchedRows(): Promise<number>;
  close(): Promise<void>;
};

const everything =
  'TRUNCATE workspace, connection, connection_secret, run, run_log, fills, contact, contact_link, contact_change CASCADE';

export async function startBenchDatabase(dataDir: string): Promise<BenchDatabase> {
  await rm(dataDir, { recursive: true, force: true });
  const server = await startEmbeddedPostgres({ dataDir });
  const pool = new pg.Pool({ connectionString: server.url, max: 1 });
  return {
    url: server.url,
    prepareCopy: async () => {
      for (const statement of bareTable) await pool.query(statement);
    },
    empty: async () => {
      const { rows } = await pool.query<{ there: boolean }>(`SELECT to_regclass('contact') IS NOT NULL AS there`);
      if (rows[0]?.there) await pool.query(everything);
    },
    rememberRows: async () => {
      await pool.query('DROP TABLE IF EXISTS remembered');
      await pool.query(
        'CREATE TEMP TABLE remembered AS SELECT id, ctid::text AS place, xmin::text AS wrote, xmax::text AS locked FROM contact',
      );
    },
    touchedRows: async () => {
      const { rows } = await pool.query<{ count: string }>(
        `SELECT count(*) FROM remembered FULL JOIN contact AS now USING (id)
         WHERE (place, wrote, locked) IS DISTINCT FROM (now.ctid::text, now.xmin::text, now.xmax::text)`,
      );
      return Number(rows[0]?.count);
    },
    close: async () => {
      await pool.end();
      await server.close();
    },
  };
}
