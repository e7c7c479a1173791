import pg from 'pg';
import { DataSource, type Logger } from 'typeorm';
import { AppError } from '../../core/app-error.ts';
import { entities } from '../entities/entities.ts';
import { API_ROLE } from './api-login.ts';
import { hearErrors } from './pg-client.ts';

export type ApiSourceOptions = {
  url: string;
  /** A login of its own for the API. Default: the login of `url`, which then works as the API's role. */
  apiUrl?: string | null;
  /** Connections of the pool; default 10. */
  apiConnections?: number;
  /** Told of each statement that the API sends, without its parameters. Default: nobody. */
  onStatement?: (sql: string) => void;
};

const CONNECT_TIMEOUT_MS = 10_000;
/** Of what the API asks outside of an operation, which has its deadline; a longer one is a fault. */
const STATEMENT_TIMEOUT_MS = 60_000;

/** Opens nothing yet: see `initialize`. */
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
      // What is sent without waiting for the statement before it does not wait for it on its way either.
      pipeline: true,
      onConnect: hearErrors,
    },
    entities,
    installExtensions: false,
    poolErrorHandler: onTrouble,
    logger: typeormLogger(options.onStatement),
  });
}

/** Of the type timestamptz. */
const MOMENT_OID = 1184;
const moment = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,3})?\+00$/;

/** A page has hundreds of moments. In UTC they are nearly what `Date` reads by itself, several times faster. */
const getTypeParser: typeof pg.types.getTypeParser = (oid: number, format?: 'text' | 'binary') => {
  const usual = pg.types.getTypeParser(oid, format);
  if (oid !== MOMENT_OID || format === 'binary') return usual;
  return (text: string) => (moment.test(text) ? new Date(`${text.replace(' ', 'T').slice(0, -3)}Z`) : usual(text));
};

/** Throws an AppError where the connections do not work as the API's role. */
export async function requireRole(source: DataSource): Promise<void> {
  const rows: { role: string }[] = await source.query('SELECT current_user AS role');
  if (rows[0]?.role === API_ROLE) return;
  throw new AppError('DATABASE_UNAVAILABLE', `The API's connections work as ${rows[0]?.role}, not as ${API_ROLE}.`, {
    hint: 'Take `options` out of DATABASE_URL and API_DATABASE_URL, and connect to Postgres itself, not to a pooler that drops start-up options.',
  });
}

function nothing(): void {}

/** TypeORM's log goes nowhere (its statements hold people's data) but to whoever wants to count or time statements. */
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
