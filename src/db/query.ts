import { hash } from 'node:crypto';

/**
 * Sends one statement and gives back its rows: the smallest thing that SQL is written against, whatever rights it has. With a
 * `name` it is planned once a session; one name always stands for one text.
 */
export type Query = <Row = Record<string, unknown>>(
  sql: string,
  parameters?: readonly unknown[],
  name?: string,
) => Promise<Row[]>;

/** A name of exactly this text, for statements of which there are few. */
export const preparedName = (sql: string): string => hash('sha256', sql, 'base64url');
