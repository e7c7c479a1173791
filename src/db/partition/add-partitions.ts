import type { ClientBase } from 'pg';
import { defaultOf, type Partition, type PartitionedTable, partitionStep, partitionsOf } from './partitioned-tables.ts';
import { gapsIn, lowestIdAt, momentOfId, type Period, periodAt, periodsAhead, type Unit } from './periods.ts';

/**
 * `busy`: partitions that could not be added, because others used the default partition all the time; the next call
 * tries again. `strays`: see `strayRows`.
 */
export type Added = { made: string[]; movedRows: number; busy: string[]; strays: number };

export type AddOptions = { unit: Unit; days: number; now: number; lockTimeoutMs: number };

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Adds the partitions for now and the time ahead. Also adds those that rows of the default partition belong in, and moves these
 * rows there. Each partition is one transaction.
 */
export async function addPartitions(client: ClientBase, table: PartitionedTable, options: AddOptions): Promise<Added> {
  const { unit, now, lockTimeoutMs } = options;
  const waiting = await periodsOfDefault(client, table, options);
  const taken: Period[] = await partitionsOf(client, table);
  const added: Added = { made: [], movedRows: 0, busy: [], strays: await strayRows(client, table, options) };
  for (const period of [...periodsAhead(unit, now), ...waiting])
    for (const gap of gapsIn(period, taken)) {
      const name = `${table.name}_${new Date(gap.from).toISOString().slice(0, 10).replaceAll('-', '')}`;
      const movedRows = await addPartition(client, table, { ...gap, name }, lockTimeoutMs);
      taken.push(gap);
      if (movedRows === 'there') continue;
      added[movedRows === 'busy' ? 'busy' : 'made'].push(name);
      added.movedRows += movedRows === 'busy' ? 0 : movedRows;
    }
  return added;
}

/** How many ids of the default partition one look reads, and how many partitions it adds for them at most. */
const mostAtOnce = { ids: 10_000, periods: 100 };

/** The range of ids that are not too old to be kept, and not far in the future. */
function sensible({ days, now }: AddOptions): [string, string] {
  return [lowestIdAt(now - days * dayMs), lowestIdAt(now + 366 * dayMs)];
}

/** The periods of the default partition's rows. It has some after a clock was wrong, or when no partition was made for weeks. */
async function periodsOfDefault(client: ClientBase, table: PartitionedTable, options: AddOptions): Promise<Period[]> {
  const { rows } = await client.query<{ id: string }>(
    `SELECT DISTINCT "${table.key}" AS id FROM "${defaultOf(table)}"
     WHERE "${table.key}" >= $1 AND "${table.key}" < $2 LIMIT ${mostAtOnce.ids}`,
    sensible(options),
  );
  const periods = rows.map(({ id }) => periodAt(options.unit, momentOfId(id)));
  return [...new Map(periods.map((period) => [period.from, period])).values()].slice(0, mostAtOnce.periods);
}

/** Counts rows whose ids have no sensible time, because a clock was wrong. They stay in the default partition; nothing is lost. */
async function strayRows(client: ClientBase, table: PartitionedTable, options: AddOptions): Promise<number> {
  const { rows } = await client.query<{ count: number }>(
    `SELECT count(*)::int AS count FROM "${defaultOf(table)}" WHERE "${table.key}" < $1 OR "${table.key}" >= $2`,
    sensible(options),
  );
  return rows[0]?.count ?? 0;
}

/**
 * Makes a table and then attaches it. Others can read and write the other partitions meanwhile. The default partition is locked
 * while its rows move.
 */
async function addPartition(
  client: ClientBase,
  table: PartitionedTable,
  { name, from, to }: Partition,
  lockTimeoutMs: number,
): Promise<number | 'busy' | 'there'> {
  const { name: parent, key } = table;
  const rest = defaultOf(table);
  const [low, high] = [lowestIdAt(from), lowestIdAt(to)];
  return partitionStep(client, lockTimeoutMs, async () => {
    // Another process may have been faster.
    const [gap] = gapsIn({ from, to }, await partitionsOf(client, table));
    if (gap?.from !== from || gap.to !== to) return 'there';
    await client.query(`CREATE TABLE "${name}" (LIKE "${parent}" INCLUDING ALL)`);
    await client.query(`ALTER TABLE "${name}" ENABLE ROW LEVEL SECURITY`);
    await client.query(`LOCK TABLE "${rest}" IN ACCESS EXCLUSIVE MODE`);
    const { rowCount } = await client.query(
      `WITH moved AS (DELETE FROM "${rest}" WHERE "${key}" >= '${low}' AND "${key}" < '${high}' RETURNING *)
       INSERT INTO "${name}" SELECT * FROM moved`,
    );
    await client.query(`ALTER TABLE "${parent}" ATTACH PARTITION "${name}" FOR VALUES FROM ('${low}') TO ('${high}')`);
    return rowCount ?? 0;
  });
}
