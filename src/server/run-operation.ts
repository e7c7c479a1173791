import { execute } from 'graphql';
import type { PreparedOperation } from '../api/operation/prepare-operation.ts';
import { errorFrame, type Frame, frameOf } from '../api/stream/frame.ts';
import type { ServerParts } from './server-parts.ts';

/** What came of an operation: one frame, or a stream of them. */
export type OperationOutcome = { kind: 'one'; frame: Frame } | { kind: 'stream'; frames: AsyncIterableIterator<Frame> };

/** Executes a prepared operation of any type. */
export async function runOperation(
  prepared: Extract<PreparedOperation, { kind: 'ready' }>,
  { streams, faultLog }: ServerParts,
): Promise<OperationOutcome> {
  if (prepared.type !== 'subscription') return { kind: 'one', frame: frameOf(await execute(prepared.args), faultLog) };
  try {
    const stream = await streams.subscribe(prepared.args);
    return stream.kind === 'open' ? { kind: 'stream', frames: stream.frames } : { kind: 'one', frame: stream.frame };
  } catch (error) {
    return { kind: 'one', frame: errorFrame([error], faultLog) };
  }
}
