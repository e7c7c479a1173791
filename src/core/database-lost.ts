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
