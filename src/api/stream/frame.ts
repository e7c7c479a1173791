import type { ExecutionResult } from 'graphql';
import { type FaultLog, formatError } from '../error/format-error.ts';

/** One answer of an operation, serialized once; all viewers get the same bytes. */
export type Frame = {
  /** `{"data": …}` in UTF-8, with formatted errors if there are any. */
  readonly json: Buffer;
  /** The viewer may see nothing after this frame, so the stream ends with it. */
  readonly isLast: boolean;
  /** Never set, because frames have no extensions. */
  readonly extensions?: undefined;
};

export function frameOf(result: ExecutionResult, log: FaultLog): Frame {
  return result.errors === undefined
    ? { json: serialized(result), isLast: false }
    : errorFrame(result.errors, log, result);
}

/** `result` holds the part that could be answered in spite of the errors. */
export function errorFrame(errors: readonly unknown[], log: FaultLog, result: ExecutionResult = {}): Frame {
  const formatted = errors.map((error) => formatError(error, log));
  const isLast = formatted.some(({ path, extensions }) => path?.length === 1 && extensions?.code === 'FORBIDDEN');
  return { json: serialized({ ...result, errors: formatted }), isLast };
}

/** Uses memory outside Node's pool. Otherwise a waiting frame would keep the whole chunk of the pool in memory. */
function serialized(result: object): Buffer {
  const text = JSON.stringify(result);
  const bytes = Buffer.allocUnsafeSlow(Buffer.byteLength(text));
  bytes.write(text);
  return bytes;
}
