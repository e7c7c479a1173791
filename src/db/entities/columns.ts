import type { EntitySchemaColumnOptions } from 'typeorm';

/** A timestamp in milliseconds, the precision of a Date. */
export function time(more: Partial<EntitySchemaColumnOptions> = {}): EntitySchemaColumnOptions {
  return {
    type: 'timestamp with time zone',
    precision: 3,
    ...more,
  };
}

export function now() {
  return 'now()';
}

export function text(more: Partial<EntitySchemaColumnOptions> = {}): EntitySchemaColumnOptions {
  return {
    type: 'text',
    ...more,
  };
}

/** Text that is compared byte by byte. */
export function bytewise(more: Partial<EntitySchemaColumnOptions> = {}): EntitySchemaColumnOptions {
  return text({ collation: 'C', ...more });
}

export const optional = { nullable: true } as const;

/** A column of the primary key of `table`. */
export function keyPart(
  table: string,
  column: EntitySchemaColumnOptions = { type: 'uuid' },
): EntitySchemaColumnOptions {
  return { ...column, primary: true, primaryKeyConstraintName: `${table}_pkey` };
}
