import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * The operator's log, as JSON lines on standard output. It shows an error's name, message, code, stack and cause, and no other
 * properties, because a failed statement carries its parameters.
 */
export function processLogger(level: string, destination: DestinationStream = standardOutput()): Logger {
  return pino({ level, serializers: { err: described } }, destination);
}

/** The service continues when the log's reader has gone (pino handles that), or the terminal was closed. */
function standardOutput(): DestinationStream {
  const output = pino.destination(1);
  output.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EIO') throw error;
    output.write = () => true;
  });
  return output;
}

type Described = { type: string; message: string; code?: unknown; stack?: string; cause?: Described };

function described(error: unknown): Described {
  if (!(error instanceof Error)) return { type: typeof error, message: String(error) };
  return {
    type: error.name,
    message: error.message,
    ...('code' in error ? { code: error.code } : {}),
    stack: error.stack,
    ...(error.cause === undefined ? {} : { cause: described(error.cause) }),
  };
}

/** Lets a call through at most once a second, with the number of calls left out before it. */
export function onceASecond<Argument>(
  tell: (argument: Argument, leftOut: number) => void,
): (argument: Argument) => void {
  let toldAt = Number.NEGATIVE_INFINITY;
  let leftOut = 0;
  return (argument) => {
    if (performance.now() - toldAt < 1000) {
      leftOut++;
      return;
    }
    toldAt = performance.now();
    tell(argument, leftOut);
    leftOut = 0;
  };
}
