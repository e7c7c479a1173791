import { AppError } from './app-error.ts';

/** Of the network and of the name service. */
const network = new Set(
  'ECONNREFUSED ECONNRESET ECONNABORTED EPIPE ETIMEDOUT EHOSTUNREACH ENETUNREACH ENOTFOUND EAI_AGAIN'.split(' '),
);

/**
 * SQLSTATEs of a database that is not there for us: connections (08), nobody let in (28, 3D000), no room (53), shut down,
 * crashed or starting (57P), a session that was ended (25P03, 25P04).
 */
const notThere = /^(08|28|53)...$|^57P..$|^3D000$|^25P0[34]$/;

/** Of the driver and of the ORM, which lets go of a connection that is lost between two statements. They give no code. */
const lost =
  /^(Query runner already released|Connection terminated|timeout exceeded when trying to connect|Client has encountered a connection error|Client was closed|Cannot use a pool after calling end|Query read timeout)/;

/**
 * What a failure says of the database itself: `unavailable` when it or a connection to it can't be had, `stopped` when a
 * statement was ended because it took too long or nobody wants its answer. Null: it says something else.
 */
export function databaseTrouble(error: unknown): 'unavailable' | 'stopped' | null {
  if (error instanceof AppError) return error.code === 'DATABASE_UNAVAILABLE' ? 'unavailable' : null;
  if (typeof error !== 'object' || error === null) return null;
  const { code, driverError, thrownValue, message } = error as Record<string, unknown>;
  // Wrapped by the ORM, or by GraphQL where it is no Error of this realm.
  const inner = driverError ?? thrownValue;
  if (inner !== undefined && inner !== error) return databaseTrouble(inner);
  if (code === '57014') return 'stopped';
  if (typeof code === 'string') return network.has(code) || notThere.test(code) ? 'unavailable' : null;
  return typeof message === 'string' && lost.test(message) ? 'unavailable' : null;
}

/**
 * The database was away for longer than is waited for, or (`startOver`) it is back and has forgotten some of what it had been
 * given, as after a crash: the run then goes on from what it still knows. Neither is a fault of the run.
 */
export class DatabaseLost extends Error {
  readonly startOver: boolean;

  constructor(message: string, options: { startOver: boolean; cause?: unknown }) {
    super(message, { cause: options.cause });
    this.name = 'DatabaseLost';
    this.startOver = options.startOver;
  }
}
