import { AppError } from '../core/app-error.ts';

/** SQLSTATE of a database's refusal, e.g. `42501`; undefined for anything else. */
export function sqlState(error: unknown): string | undefined {
  const { code, driverError } = error as { code?: unknown; driverError?: unknown };
  if (driverError !== undefined) return sqlState(driverError);
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

/** What start-up tells when the database can't be reached, entered or migrated; no password is in it. */
export function databaseFailure(error: unknown): AppError {
  if (error instanceof AppError) return error;
  const state = sqlState(error);
  const said =
    error instanceof Error && error.message !== '' ? error.message : String((error as { code?: unknown }).code);
  if (state === 'KD001') return roleFailure(said, error);
  if (state?.startsWith('28') || state === '3D000' || state?.startsWith('08') || state === undefined) {
    return new AppError('DATABASE_UNAVAILABLE', `The database can't be used: ${said}`, {
      hint: 'Check DATABASE_URL: host, port, database, user and password.',
      cause: error,
    });
  }
  return new AppError('MIGRATION_FAILED', `The database could not be migrated: ${said}`, { cause: error });
}

const roleFailure = (said: string, cause: unknown): AppError =>
  new AppError('MIGRATION_FAILED', `The role that the API works as is missing, and ours may not make it: ${said}`, {
    hint: 'Give the login of DATABASE_URL CREATEROLE, or let an administrator run: CREATE ROLE kdesk_contact_sync_api NOLOGIN; GRANT kdesk_contact_sync_api TO <that login>;',
    cause,
  });
