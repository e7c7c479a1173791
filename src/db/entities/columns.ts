import type { EntitySchemaColumnOptions } from 'typeorm';

/** Milliseconds, which is what a Date holds. */
export const time = (more: Partial<EntitySchemaColumnOptions> = {}): EntitySchemaColumnOptions => ({
  type: 'timestamp with time zone',
  precision: 3,
  ...more,
});

export const now = () => 'now()';

export const text = (more: Partial<EntitySchemaColumnOptions> = {}): EntitySchemaColumnOptions => ({
  type: 'text',
  ...more,
});

/** Text that is compared bytewise. */
export const bytewise = (more: Partial<EntitySchemaColumnOptions> = {}): EntitySchemaColumnOptions =>
  text({ collation: 'C', ...more });

export const optional = { nullable: true } as const;

/** A part of the primary key, which has this name. */
export const keyPart = (
  table: string,
  column: EntitySchemaColumnOptions = { type: 'uuid' },
): EntitySchemaColumnOptions => ({ ...column, primary: true, primaryKeyConstraintName: `${table}_pkey` });
