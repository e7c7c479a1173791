import { AppError } from '../core/app-error.ts';

/** The SQLSTATE of an error from the database, e.g. `42501`. Undefined for any other error. */
export function sqlState(error: unknown): string | undefined {
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  if (driverError !== undefined) return sqlState(driverError);
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

type Telling = { message: string; hint: string };

const wherever = 'Check the host and the port in DATABASE_URL, and that Postgres runs and lets this machine in.';
const login =
  'Check the user and the password in DATABASE_URL; pg_hba.conf of the server says who may come from where.';

/** The words for what is wrong and what to do, by SQLSTATE or error code of the system. */
const tellings: Record<string, Telling> = {
  '28P01': { message: 'The database refuses the login', hint: login },
  '28000': { message: 'The database refuses the login', hint: login },
  '3D000': {
    message: 'The database is not there',
    hint: 'Create it (CREATE DATABASE name OWNER login), or check the name at the end of DATABASE_URL.',
  },
  '53300': {
    message: 'The database takes no more connections',
    hint: 'Raise max_connections of the server, or end programs that hold connections they do not need.',
  },
  '57P03': { message: 'The database is starting or stopping', hint: 'Try again in a moment.' },
  '42501': {
    message: 'The login may not do what the tables need',
    hint: 'Let the login of DATABASE_URL own the database and its tables, or ask an administrator.',
  },
  ECONNREFUSED: { message: 'Nothing listens where the database should be', hint: wherever },
  ENOTFOUND: { message: "The database's host is not known by that name", hint: wherever },
  EAI_AGAIN: { message: "The database's host can't be looked up now", hint: wherever },
  EHOSTUNREACH: { message: "There is no way to the database's host", hint: wherever },
  ENETUNREACH: { message: "There is no way to the database's host", hint: wherever },
  ETIMEDOUT: { message: 'The database does not answer', hint: wherever },
};

const bySaying: [RegExp, Telling][] = [
  [
    /permission denied for schema public/i,
    {
      message: 'The login may not make tables in the schema public',
      hint: 'Let an administrator run in that database: GRANT USAGE, CREATE ON SCHEMA public TO <the login of DATABASE_URL>; or make that login the owner of the database. From Postgres 15 on nobody else may by default.',
    },
  ],
  [/timeout expired|connect(ion)? timeout/i, { message: 'The database does not answer', hint: wherever }],
  [
    /SSL|certificate/i,
    {
      message: "The database's TLS does not fit",
      hint: 'Set sslmode in DATABASE_URL to what the server offers (?sslmode=disable, require or verify-full).',
    },
  ],
];

/** The error that start-up shows when the database can't be reached, entered or migrated. It contains no password. */
export function databaseFailure(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const state = sqlState(error);
  const cause = innermost(error);
  const code = state ?? String((cause as { code?: unknown }).code);
  const said = cause instanceof Error && cause.message !== '' ? cause.message : code;
  if (state === 'KD001') return roleFailure(said, error);
  const telling = bySaying.find(([words]) => words.test(said))?.[1] ?? tellings[code];
  const unavailable = state === undefined || /^(28|08|3D|53|57)/.test(state);
  return new AppError(
    unavailable ? 'DATABASE_UNAVAILABLE' : 'MIGRATION_FAILED',
    `${telling?.message ?? (unavailable ? "The database can't be used" : 'The database could not be migrated')}: ${said}`,
    {
      hint: telling?.hint ?? (unavailable ? 'Check DATABASE_URL: host, port, database, user and password.' : undefined),
      cause: error,
    },
  );
}

/** All addresses of a host failed. The first error says as much as all of them. */
function innermost(error: unknown): unknown {
  return error instanceof AggregateError ? (error.errors[0] ?? error) : error;
}

/** Throws an AppError when this server version (`140011` is 14.11) is too old. */
export function requireVersion(serverVersionNum: number): void {
  if (serverVersionNum >= OLDEST * 10_000) return;
  throw new AppError(
    'DATABASE_UNAVAILABLE',
    `The database is Postgres ${Math.floor(serverVersionNum / 10_000)}: too old.`,
    {
      hint: `Set DATABASE_URL to a Postgres ${OLDEST} or newer.`,
    },
  );
}

const OLDEST = 15;

function roleFailure(said: string, cause: unknown): AppError {
  return new AppError(
    'MIGRATION_FAILED',
    `The role that the API works as is missing, and ours may not make it: ${said}`,
    {
      hint: 'Give the login of DATABASE_URL CREATEROLE, or let an administrator run: CREATE ROLE kdesk_contact_sync_api NOLOGIN; GRANT kdesk_contact_sync_api TO <that login>;',
      cause,
    },
  );
}
