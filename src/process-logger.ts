import { type DestinationStream, type Logger, pino } from 'pino';

/**
 * The operator's log, as JSON lines on standard output. Of an error it shows what it is called, what it says, where it
 * arose and what caused it, and nothing that is attached to it: a failed statement carries its parameters.
 */
export function processLogger(level: string, destination: DestinationStream = standardOutput()): Logger {
  return pino({ level, serializers: { err: described } }, destination);
}

/** A reader that has gone away (pino looks after that), or a terminal that was closed, doesn't end the service. */
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

/** Lets a call through at most once a second, and tells it how many were left out before. */
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
