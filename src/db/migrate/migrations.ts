import { Initial1795300000000 } from '../../../migrations/1795300000000-initial.ts';
import { ScheduleMark1795300100000 } from '../../../migrations/1795300100000-schedule-mark.ts';
import { ConnectionFile1795300200000 } from '../../../migrations/1795300200000-connection-file.ts';
import { ContactCount1795300300000 } from '../../../migrations/1795300300000-contact-count.ts';
import { ConnectionWatch1795300500000 } from '../../../migrations/1795300500000-connection-watch.ts';
import { ReadMemory1795300600000 } from '../../../migrations/1795300600000-read-memory.ts';
import type { Query } from '../query.ts';

/** All migrations, oldest first. A new one is added here. */
export const migrations = [
  Initial1795300000000,
  ScheduleMark1795300100000,
  ConnectionFile1795300200000,
  ContactCount1795300300000,
  ConnectionWatch1795300500000,
  ReadMemory1795300600000,
];

/** TypeORM's table of the migrations that have run. */
export const MIGRATIONS_TABLE = 'migration';

/** Names of the migrations that this database lacks, oldest first. `query` needs the owner's rights. */
export async function migrationsPending(query: Query): Promise<string[]> {
  const [found] = await query<{ there: boolean }>('SELECT to_regclass($1) IS NOT NULL AS there', [MIGRATIONS_TABLE]);
  const done = found?.there === true ? await query<{ name: string }>(`SELECT name FROM "${MIGRATIONS_TABLE}"`) : [];
  const names = new Set(done.map(({ name }) => name));
  return migrations.map(({ name }) => name).filter((name) => !names.has(name));
}
