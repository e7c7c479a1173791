import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql';
import type { ApiContext } from '../api-context.ts';
import type { FaultLog } from '../error/format-error.ts';
import { boundAnswer } from '../operation/bound-answer.ts';
import type { PreparedOperation } from '../operation/prepare-operation.ts';
import { errorFrame, type Frame, frameOf } from './frame.ts';

export type SubscriptionArgs = Extract<PreparedOperation, { kind: 'ready' }>['args'];

/** A refusal, or the events of a subscription with the function that answers them. `close` ends the events at once. */
export type OpenedSource =
  | { kind: 'refused'; frame: Frame }
  | { kind: 'open'; events: AsyncIterable<unknown>; close(): void; answer(event: unknown): Promise<Frame> };

/** Opens the events of a subscription. */
export async function openSource(args: SubscriptionArgs, log: FaultLog): Promise<OpenedSource> {
  // Viewers come and go and share these events. So the events have their own signal, and do not end with the first
  // viewer.
  const closing = new AbortController();
  const contextValue = streamContext(args.contextValue, closing.signal);
  const executed: ExecutionArgs = { ...args, contextValue };
  const events = await createSourceEventStream(executed);
  if (!isStream(events)) return { kind: 'refused', frame: errorFrame(events.errors ?? [], log) };
  return {
    kind: 'open',
    events,
    close: () => closing.abort(),
    answer: async (event) => frameOf(boundAnswer(await execute({ ...executed, rootValue: event })), log),
  };
}

function streamContext(context: ApiContext, signal: AbortSignal): ApiContext {
  const { viewer, store, runner, sources, loaders, contactSync } = context;
  const workspace = () => context.workspace();
  return { viewer, store, runner, sources, loaders, contactSync, workspace, signal };
}

function isStream(source: AsyncIterable<unknown> | ExecutionResult): source is AsyncIterable<unknown> {
  return Symbol.asyncIterator in source;
}
