import { MIGRATIONS_TABLE, migrations } from './migrations.ts';
import type { Query } from './query.ts';

/** Names of the migrations that this database lacks, oldest first; for readiness. `query` with the owner's rights. */
export async function migrationsPending(query: Query): Promise<string[]> {
  const [found] = await query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [MIGRATIONS_TABLE]);
  const done = found?.there === true ? await query<{ name: string }>(`SELECT name FROM "${MIGRATIONS_TABLE}"`) : [];
  const names = new Set(done.map(({ name }) => name));
  return migrations.map(({ name }) => name).filter((name) => !names.has(name));
}
