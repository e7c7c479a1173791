import { lexicographicSortSchema, printSchema } from 'graphql';
import { buildApiSchema } from './build-api-schema.ts';

/** The schema as it is committed: sorted, with descriptions. */
export const printApiSchema = (): string => `${printSchema(lexicographicSortSchema(buildApiSchema()))}\n`;
