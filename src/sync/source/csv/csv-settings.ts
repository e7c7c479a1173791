import { z } from 'zod';

/** The settings of CSV, with their defaults. The secret `authorization` lives apart. */
export const csvSettings = z.object({
  /** https:// address that is fetched at each run; null: the uploaded file. */
  url: z.string().nullable().default(null),
  /** The column whose values never change for a person. */
  idColumn: z.string().default(''),
  /** The column that names a person for people to read; null: idColumn. */
  nameColumn: z.string().nullable().default(null),
  /** Null: found. */
  encoding: z.string().nullable().default(null),
  separator: z.string().nullable().default(null),
});

export type CsvSettings = z.infer<typeof csvSettings>;
