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
  // One session throughout: what it remembers is in a temporary table.
  const client = new pg.Client({ connectionString: server.url });
  await client.connect();
  return {
    url: server.url,
    prepareCopy: async () => {
      for (const statement of bareTable) await client.query(statement);
    },
    empty: async () => {
      const { rows } = await client.query<{ there: boolean }>(`SELECT to_regclass('contact') IS NOT NULL AS there`);
      if (rows[0]?.there) await client.query(everything);
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
