import { GraphQLError } from 'graphql';
import { LRUCache } from 'lru-cache';
import { Permission } from '../../core/access.ts';
import { inTurn } from '../../core/fair-turns.ts';
import { Held } from '../../core/held.ts';
import { requireForStream } from '../access/check-access.ts';
import type { FaultLog } from '../error/format-error.ts';
import { type OpenedSource, openSource, type SubscriptionArgs } from './event-source.ts';
import { errorFrame, type Frame } from './frame.ts';
import { LogChannel } from './log-channel.ts';
import type { Made } from './log-viewer.ts';
import type { Outbox } from './outbox.ts';
import { PulledStream } from './pulled-stream.ts';
import { StateGroup } from './state-group.ts';
import { type StreamKey, streamKey } from './stream-key.ts';

/** The most bytes of log frames on their way to viewers of this process. A frame for many viewers counts once. */
const MOST_HELD = 28 * 1024 * 1024;
/**
 * The most bytes of recent frames that are kept besides; and about how many bytes a frame takes in addition to its
 * text.
 */
const MOST_RECENT = 4 * 1024 * 1024;
const BESIDE_FRAME = 500;

const MADE_AT_ONCE = 4;

/** A subscription's frames, or the one frame that refuses it. */
export type OpenedStream = { kind: 'open'; frames: AsyncIterableIterator<Frame> } | { kind: 'refused'; frame: Frame };

/**
 * All live subscriptions of this process. Equal subscriptions share one execution and one serialization, so each
 * further viewer costs only the sending.
 */
export function liveStreams(log: FaultLog, held = new Held(MOST_HELD)) {
  const makeInTurn = inTurn(MADE_AT_ONCE);
  const states = new Map<string, StateGroup>();
  const logs = new Map<string, LogChannel>();
  const pulled = new Set<PulledStream>();
  const recent = new LRUCache<string, Made>({
    maxSize: MOST_RECENT,
    sizeCalculation: ({ frame }) => BESIDE_FRAME + (frame?.json.length ?? 0),
  });

  const underWay = new Set<Promise<unknown>>();
  const track = <T>(work: Promise<T>): Promise<T> => {
    underWay.add(work);
    const over = () => underWay.delete(work);
    work.then(over, over);
    return work;
  };
  const open = async (args: SubscriptionArgs): Promise<OpenedSource> => {
    const source = await track(openSource(args, log));
    return source.kind === 'refused' ? source : { ...source, answer: (event) => track(source.answer(event)) };
  };

  const subscribe = async (args: SubscriptionArgs): Promise<OpenedStream> => {
    const stream = streamKey(args);
    // A viewer who joins others has not passed the field's own check.
    const refusal = stream.kind === 'alone' || stream.kind === 'pulled' ? null : await refusalOf(args, stream.field);
    if (refusal !== null) return { kind: 'refused', frame: errorFrame([refusal], log) };
    if (stream.kind === 'pulled') {
      const viewer = startPulled(args);
      return opened(viewer.opened, viewer.outbox);
    }
    if (stream.kind === 'log') {
      const channel = logs.get(stream.key) ?? startLog(args, stream.key);
      return opened(channel.opened, channel.join(stream.after).outbox);
    }
    const group = (stream.kind === 'state' ? states.get(stream.key) : undefined) ?? startState(args, stream);
    return opened(group.opened, group.join());
  };

  const startState = (args: SubscriptionArgs, stream: Extract<StreamKey, { kind: 'state' | 'alone' }>): StateGroup => {
    const group: StateGroup = new StateGroup({
      open: () => open(args),
      replaysLast: stream.kind === 'state' && stream.replaysLast,
      onClosed: () => {
        if (stream.kind === 'state' && states.get(stream.key) === group) states.delete(stream.key);
      },
    });
    if (stream.kind === 'state') states.set(stream.key, group);
    return group;
  };

  const startPulled = (args: SubscriptionArgs): PulledStream => {
    const stream: PulledStream = new PulledStream(
      () => open(args),
      () => pulled.delete(stream),
    );
    pulled.add(stream);
    return stream;
  };

  const startLog = (args: SubscriptionArgs, key: string): LogChannel => {
    const channel: LogChannel = new LogChannel({
      held,
      recent,
      inTurn: (work) => track(makeInTurn(work)),
      open: () => open(args),
      onClosed: () => {
        if (logs.get(key) === channel) logs.delete(key);
      },
    });
    logs.set(key, channel);
    return channel;
  };

  /** Ends all streams. When it resolves, no stream uses the database any more. */
  const close = async (): Promise<void> => {
    for (const one of [...states.values(), ...logs.values(), ...pulled]) one.close();
    while (underWay.size > 0) await Promise.allSettled(underWay);
  };

  return { subscribe, close };
}

export type LiveStreams = ReturnType<typeof liveStreams>;

async function opened(begun: Promise<Frame | null>, outbox: Outbox): Promise<OpenedStream> {
  try {
    const refusal = await begun;
    if (refusal === null) return { kind: 'open', frames: outbox };
    await outbox.return();
    return { kind: 'refused', frame: refusal };
  } catch (error) {
    await outbox.return();
    throw error;
  }
}

/** Why a viewer may not have a subscription: a missing permission, or Contact Sync is off. Null when it may. */
async function refusalOf({ schema, contextValue }: SubscriptionArgs, field: string): Promise<GraphQLError | null> {
  const needs = schema.getSubscriptionType()?.getFields()[field]?.extensions.needs;
  const needed = Object.values(Permission).filter((permission) => Array.isArray(needs) && needs.includes(permission));
  try {
    await requireForStream(contextValue, needed);
    return null;
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return new GraphQLError(error.message, { path: [field], originalError: error });
  }
}
