import './production.ts';
import { migrateApp, startApp } from './app.ts';
import { readConfig, readDatabaseConfig } from './config.ts';
import { AppError } from './core/app-error.ts';
import { processLogger } from './process-logger.ts';

/** EX_CONFIG of sysexits.h. */
const BAD_CONFIGURATION = 78;

/** The size of Node's pool for small buffers. A few bytes that wait for a slow client keep no more than this in memory. */
Buffer.poolSize = 8 * 1024;

/** Runs the service until a signal. The first signal lets it finish, a second one ends it at once. */
async function serve(): Promise<void> {
  const outcome = readConfig();
  if (outcome.kind === 'faults') return refuse(outcome.faults);
  const logger = processLogger(outcome.config.logLevel);
  const stop = stopSignal();
  const starting = new AbortController();
  const asked = stop.then((signal) => {
    starting.abort(new StoppedEarly(signal));
    return signal;
  });
  const app = await startApp(outcome.config, { logger, signal: starting.signal });
  // Logged at every level, because the program that started the service waits for this line.
  const ready = logger.child({}, { level: 'info' });
  if (app.url === null) ready.info('working');
  else ready.info({ url: app.url, role: outcome.config.role }, 'listening');
  logger.info({ signal: await asked }, 'stopping');
  await app.close();
  process.exit(0);
}

/** The start was stopped by a signal. That is not a failure. */
class StoppedEarly extends Error {
  readonly signal: string;
  constructor(signal: string) {
    super('A signal ended the start.');
    this.signal = signal;
  }
}

async function runMigrations(): Promise<void> {
  const outcome = readDatabaseConfig();
  if (outcome.kind === 'faults') return refuse(outcome.faults);
  const migrations = await migrateApp(outcome.config);
  processLogger(outcome.config.logLevel).info({ migrations }, 'migrated');
}

/** A Ctrl-C reaches the service from the terminal, and again from the program that started it and passes it on. */
const sameSignalMs = 2000;

/** Resolves at the first signal to stop. If the process that started us opened a channel to us, its end is such a signal, too. */
function stopSignal(): Promise<NodeJS.Signals | 'disconnect'> {
  return new Promise((resolve) => {
    let first: number | null = null;
    const hear = (signal: NodeJS.Signals) => {
      if (first !== null && performance.now() - first > sameSignalMs) process.exit(1);
      first ??= performance.now();
      resolve(signal);
    };
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, hear);
    process.on('disconnect', () => resolve('disconnect'));
    // The channel alone must not keep the process running.
    process.channel?.unref();
  });
}

function refuse(faults: readonly string[]): void {
  for (const fault of faults) console.error(fault);
  process.exitCode = BAD_CONFIGURATION;
}

/** Reports in plain words for a person at the terminal, then as a line of the log. */
function tellFailure(error: unknown): void {
  const hint = error instanceof AppError ? error.hint : null;
  const message = error instanceof Error ? error.message : String(error);
  const lines = ['Contact Sync could not start.', message, ...(hint === null ? [] : [hint])];
  console.error(lines.map(oneLine).join('\n'));
  processLogger('fatal').fatal({ err: error, ...(hint === null ? {} : { hint }) }, 'could not start');
}

function oneLine(text: string): string {
  return text.replace(/\s*\p{Cc}+\s*/gu, ' ');
}

try {
  await (process.argv[2] === 'migrate' ? runMigrations() : serve());
} catch (error) {
  if (error instanceof StoppedEarly) {
    processLogger('info').info({ signal: error.signal }, 'stopped before it was up');
    process.exit(0);
  }
  tellFailure(error);
  // HOST and PORT are settings, but only listening shows that they can't be used.
  process.exit(error instanceof AppError && error.code === 'CANNOT_LISTEN' ? BAD_CONFIGURATION : 1);
}
