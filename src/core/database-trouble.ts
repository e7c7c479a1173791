import { AppError } from './app-error.ts';

/** Error codes of the network and of name lookups. */
const network = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN'.split(' '),
);

/**
 * SQLSTATEs of a database that can't be used: broken connection (08), refused login (28, 3D000), no resources (53), shut down,
 * crashed or starting (57P), ended session (25P03, 25P04).
 */
const notThere = /^(08|28|53)...$|^57P..$|^3D000$|^25P0[34]$/;

/**
 * Messages of errors without a code. They come from the driver, and from the ORM when it loses a connection between two
 * statements.
 */
const lost =
  /^(Query runner already released|Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|Query read timeout)/;

/**
 * What an error says about the database. `unavailable`: the database or the connection can't be used. `stopped`: a
 * statement was ended because it took too long or its client has left. Null: the error has another cause.
 */
export function databaseTrouble(error: unknown): 'unavailable' | 'stopped' | null {
  if (error instanceof AppError) return error.code === 'DATABASE_UNAVAILABLE' ? 'unavailable' : null;
  if (typeof error !== 'object' || error === null) return null;
  const { code, driverError, thrownValue, message } = error as Record<string, unknown>;
  // The ORM wraps errors. GraphQL wraps errors of another JavaScript realm.
  const inner = driverError ?? thrownValue;
  if (inner !== undefined && inner !== error) return databaseTrouble(inner);
  if (code === '57014') return 'stopped';
  if (typeof code === 'string') return network.has(code) || notThere.test(code) ? 'unavailable' : null;
  return typeof message === 'string' && lost.test(message) ? 'unavailable' : null;
}

/** Whether the disk of the database is full. */
export function isDiskFull(error: unknown): boolean {
  return typeof error === 'object' && error !== null && (error as { code?: unknown }).code === '53100';
}

/**
 * The database was away for longer than the service waits. `startOver`: it is back, but has lost some data, as after a
 * crash. The run then continues from what is still stored. Neither is the run's fault.
 */
export class DatabaseLost extends Error {
  readonly startOver: boolean;

  constructor(message: string, options: { startOver: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'DatabaseLost';
    this.startOver = options.startOver;
  }
}
