import type { ExecutionResult } from 'graphql';
import { type FaultLog, formatError } from '../error/format-error.ts';

/** One answer of an operation as it is sent: serialized once, the same bytes for however many viewers get it. */
export type Frame = {
  /** `{"data": …}`, with formatted errors if there are any, in UTF-8. */
  readonly json: Buffer;
  /** The viewer may see no more of the stream: it ends with this frame. */
  readonly isLast: boolean;
  /** A frame is sent as it is; nothing is added to it. */
  readonly extensions?: undefined;
};

export function frameOf(result: ExecutionResult, log: FaultLog): Frame {
  return result.errors === undefined
    ? { json: serialized(result), isLast: false }
    : errorFrame(result.errors, log, result);
}

/** `result`: with what could be answered in spite of the errors. */
export function errorFrame(errors: readonly unknown[], log: FaultLog, result: ExecutionResult = {}): Frame {
  const formatted = errors.map((error) => formatError(error, log));
  const isLast = formatted.some(({ path, extensions }) => path?.length === 1 && extensions?.code === 'FORBIDDEN');
  return { json: serialized({ ...result, errors: formatted }), isLast };
}

/** In memory of their own: bytes of Node's pool would keep all that lies beside them for as long as they wait. */
function serialized(result: object): Buffer {
  const text = JSON.stringify(result);
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}
