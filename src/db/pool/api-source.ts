import pg from 'pg';
import { DataSource, type Logger } from 'typeorm';
import { AppError } from '../../core/app-error.ts';
import { entities } from '../entities/entities.ts';
import { API_ROLE } from './api-login.ts';
import { prepareSession } from './send-statement.ts';

export type ApiSourceOptions = {
  url: string;
  /** The API's own login. Default: the login of `url`; its connections then take on the API's role. */
  apiUrl?: string | null;
  /** Connections of the pool; default 10. */
  apiConnections?: number;
  /** Gets each statement that the API sends, without its parameters. */
  onStatement?: (sql: string) => void;
};

const CONNECT_TIMEOUT_MS = 10_000;
/** For statements outside of an operation. An operation has its own deadline. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** The API's pool, under TypeORM. `initialize` opens it. */
export function createApiSource(options: ApiSourceOptions, onTrouble: (error: Error) => void): DataSource {
  return new DataSource({
    type: 'postgres',
    url: options.apiUrl ?? options.url,
    applicationName: 'contact-sync-api',
    poolSize: options.apiConnections ?? 10,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: {
      options: `-c role=${API_ROLE} -c timezone=UTC -c statement_timeout=${STATEMENT_TIMEOUT_MS}`,
      types: { getTypeParser },
      keepAlive: true,
      // Statements are sent at once, without waiting for the answer to the one before.
      pipeline: true,
      onConnect: prepareSession,
    },
    entities,
    installExtensions: false,
    poolErrorHandler: onTrouble,
    logger: typeormLogger(options.onStatement),
  });
}

/** The pool of node-postgres that TypeORM uses. Reads take their connections from it without TypeORM. */
export function poolOf(source: DataSource): pg.Pool {
  return (source.driver as unknown as { master: pg.Pool }).master;
}

/** The type timestamptz. */
const MOMENT_OID = 1184;
/** From the year 100, because `Date.UTC` takes smaller years for those of the 20th century. */
const moment = /^(?!00)\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})?\+00$/;

/** A page has many timestamps. In UTC their digits stand at fixed places, and reading them there is many times faster than pg's way. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  const usual = pg.types.getTypeParser(oid, format);
  if (oid !== MOMENT_OID || format === 'binary') return usual;
  return (text: string) => (moment.test(text) ? readMoment(text) : usual(text));
};

/** E.g. 2026-03-01 09:30:00.25+00. */
function readMoment(text: string): Date {
  const digit = (at: number) => text.charCodeAt(at) - ZERO;
  const two = (at: number) => digit(at) * 10 + digit(at + 1);
  const end = text.length - '+00'.length;
  const ms = (20 < end ? digit(20) * 100 : 0) + (21 < end ? digit(21) * 10 : 0) + (22 < end ? digit(22) : 0);
  return new Date(Date.UTC(two(0) * 100 + two(2), two(5) - 1, two(8), two(11), two(14), two(17), ms));
}

const ZERO = '0'.charCodeAt(0);

/** Throws an AppError when the connections do not work as the API's role. */
export async function requireRole(source: DataSource): Promise<void> {
  const rows: { role: string }[] = await source.query('SELECT current_user AS role');
  if (rows[0]?.role === API_ROLE) return;
  throw new AppError('DATABASE_UNAVAILABLE', `The API's connections work as ${rows[0]?.role}, not as ${API_ROLE}.`, {
    hint: 'Take `options` out of DATABASE_URL and API_DATABASE_URL, and connect to Postgres itself, not to a pooler that drops start-up options.',
  });
}

function nothing(): void {}

/** Drops TypeORM's log, because its statements hold people's data. Only the text of statements goes to `logStatement`. */
export function typeormLogger(logStatement: (sql: string) => void = nothing): Logger {
  return {
    logQuery: (sql) => logStatement(sql),
    logQueryError: nothing,
    logQuerySlow: nothing,
    logSchemaBuild: nothing,
    logMigration: nothing,
    log: nothing,
  };
}
