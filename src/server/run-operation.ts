import type { ExecutionResult } from 'graphql';
import { makeApiContext } from '../api/api-context.ts';
import { executeOperation } from '../api/operation/execute-operation.ts';
import type { PreparedOperation } from '../api/operation/prepare-operation.ts';
import { secondsOf } from '../api/operation/takes-longer.ts';
import { errorFrame, type Frame, frameOf } from '../api/stream/frame.ts';
import type { OutsideTurn } from '../api/traffic/traffic.ts';
import type { SourcesPort } from '../core/sources-port.ts';
import type { ServerParts } from './server-parts.ts';

/** The result of an operation: one frame, or a stream of frames. */
export type OperationOutcome = { kind: 'one'; frame: Frame } | { kind: 'stream'; frames: AsyncIterableIterator<Frame> };

type Ready = Extract<PreparedOperation, { kind: 'ready' }>;

/** Executes a query or mutation when its turn comes, until its deadline. Throws an AppError RATE_LIMITED or TIMEOUT. */
export function executeInTurn(
  { schema, document, operationName, variableValues, coerced, contextValue }: Ready['args'],
  { services, traffic }: Pick<ServerParts, 'services' | 'traffic'>,
): Promise<ExecutionResult> {
  const { viewer, signal } = contextValue;
  const seconds = secondsOf(schema, document, operationName);
  return traffic.run(viewer, signal, seconds, (allow, deadline, outside) => {
    const shared = seconds === null ? services : { ...services, sources: outsideTurns(services.sources, outside) };
    const inTime = makeApiContext(shared, viewer, deadline.signal, allow);
    return executeOperation({ schema, document, operationName, variableValues, coerced, contextValue: inTime });
  });
}

/** Looks at sources outside of turns: a directory that does not answer must not keep the turns of other operations. */
function outsideTurns(sources: SourcesPort, outside: OutsideTurn): SourcesPort {
  return {
    ...sources,
    test: (...asked) => outside(() => sources.test(...asked)),
    propose: (...asked) => outside(() => sources.propose(...asked)),
    discover: (...asked) => outside(() => sources.discover(...asked)),
    preview: (...asked) => outside(() => sources.preview(...asked)),
    explain: (...asked) => outside(() => sources.explain(...asked)),
  };
}

/** Executes a prepared operation of any type. */
export async function runOperation({ type, args }: Ready, parts: ServerParts): Promise<OperationOutcome> {
  const { streams, services, traffic, faultLog } = parts;
  try {
    if (type !== 'subscription') return { kind: 'one', frame: frameOf(await executeInTurn(args, parts), faultLog) };
    const { viewer, signal } = args.contextValue;
    const contextValue = makeApiContext(services, viewer, signal, traffic.eachTransaction(viewer));
    const stream = await streams.subscribe({ ...args, contextValue });
    return stream.kind === 'open' ? { kind: 'stream', frames: stream.frames } : { kind: 'one', frame: stream.frame };
  } catch (error) {
    return { kind: 'one', frame: errorFrame([error], faultLog) };
  }
}
