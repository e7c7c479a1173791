import { createSourceEventStream, type ExecutionArgs, type ExecutionResult, execute } from 'graphql';
import type { ApiContext } from '../api-context.ts';
import type { FaultLog } from '../error/format-error.ts';
import { boundAnswer } from '../operation/bound-answer.ts';
import type { PreparedOperation } from '../operation/prepare-operation.ts';
import { errorFrame, type Frame, frameOf } from './frame.ts';

export type SubscriptionArgs = Extract<PreparedOperation, { kind: 'ready' }>['args'];

/** A refusal to begin, or the stream of events that a subscription's answers are made of. */
export type OpenedSource =
  | { kind: 'refused'; frame: Frame }
  | { kind: 'open'; events: AsyncIterableIterator<unknown>; answer(event: unknown): Promise<Frame> };

/** Opens the events of a subscription; a log's begin after `resumeAfter` where that is given. */
export async function openSource(
  args: SubscriptionArgs,
  log: FaultLog,
  resumeAfter: number | null,
): Promise<OpenedSource> {
  // It is shared by viewers who come and go, so it ends by its own signal and not by that of the first of them.
  const closing = new AbortController();
  const contextValue = streamContext(args.contextValue, resumeAfter, closing.signal);
  const executed: ExecutionArgs = { ...args, contextValue };
  const source = await createSourceEventStream(executed);
  if (!isStream(source)) return { kind: 'refused', frame: errorFrame(source.errors ?? [], log) };
  const events = source[Symbol.asyncIterator]();
  return {
    kind: 'open',
    events: {
      next: () => events.next(),
      return: async () => {
        closing.abort();
        return (await events.return?.()) ?? { done: true, value: undefined };
      },
      [Symbol.asyncIterator]() {
        return this;
      },
    },
    answer: async (event) => frameOf(boundAnswer(await execute({ ...executed, rootValue: event })), log),
  };
}

function streamContext(context: ApiContext, resumeAfter: number | null, signal: AbortSignal): ApiContext {
  const { viewer, store, runner, sources, loaders, contactSync } = context;
  const workspace = () => context.workspace();
  return { viewer, store, runner, sources, loaders, contactSync, workspace, resumeAfter, signal };
}

const isStream = (source: AsyncIterable<unknown> | ExecutionResult): source is AsyncIterable<unknown> =>
  Symbol.asyncIterator in source;
