import { Held } from '../../core/held.ts';
import { inTurn } from '../../core/in-turn.ts';
import type { FaultLog } from '../error/format-error.ts';
import { openSource, type SubscriptionArgs } from './event-source.ts';
import { errorFrame, type Frame } from './frame.ts';
import { LogGroup, NEAR_LINES } from './log-group.ts';
import { LogViewer } from './log-viewer.ts';
import { refusalOf } from './refusal-of.ts';
import { StateGroup } from './state-group.ts';
import { type StreamKey, streamKey } from './stream-key.ts';

/** Bytes of logs that wait for viewers, or are being sent to them, in this process; each once, however many they are for. */
const MOST_HELD = 32 * 1024 * 1024;

const MADE_AT_ONCE = 4;

/** A subscription's frames, or the one frame that refuses it. */
export type OpenedStream = { kind: 'open'; frames: AsyncIterableIterator<Frame> } | { kind: 'refused'; frame: Frame };

/**
 * All live subscriptions of this process. Those that are the same share one execution and one serialization: a viewer costs
 * no more than the sending of each frame.
 */
export function liveStreams(log: FaultLog, held = new Held(MOST_HELD)) {
  const makeInTurn = inTurn(MADE_AT_ONCE);
  const states = new Map<string, StateGroup>();
  const logs = new Map<string, Set<LogGroup>>();

  const subscribe = async (args: SubscriptionArgs): Promise<OpenedStream> => {
    const stream = streamKey(args);
    // Whoever joins others is not seen by the field's own check.
    const refusal = stream.kind === 'alone' ? null : await refusalOf(args, stream.field);
    if (refusal !== null) return { kind: 'refused', frame: errorFrame([refusal], log) };
    if (stream.kind === 'log') return openLog(args, stream);
    const group = stream.kind === 'state' ? states.get(stream.key) : undefined;
    return openState(group ?? startState(args, stream));
  };

  const startState = (args: SubscriptionArgs, stream: Exclude<StreamKey, { kind: 'log' }>): StateGroup => {
    const group: StateGroup = new StateGroup({
      open: () => openSource(args, log, null),
      replaysLast: stream.kind === 'state' && stream.replaysLast,
      onClosed: () => {
        if (stream.kind === 'state' && states.get(stream.key) === group) states.delete(stream.key);
      },
    });
    if (stream.kind === 'state') states.set(stream.key, group);
    return group;
  };

  const openLog = async (
    args: SubscriptionArgs,
    { key, after }: Extract<StreamKey, { kind: 'log' }>,
  ): Promise<OpenedStream> => {
    const join = (viewer: LogViewer, from: number): LogGroup => {
      const group = near(logs.get(key), from) ?? startLog(args, key, from);
      viewer.moveTo(group);
      return group;
    };
    const viewer = new LogViewer(after, (again, from) => void rejoin(again, join(again, from)), held);
    const group = join(viewer, after);
    return opened(group.opened, viewer.outbox);
  };

  const startLog = (args: SubscriptionArgs, key: string, after: number): LogGroup => {
    const groups = logs.get(key) ?? new Set();
    logs.set(key, groups);
    const group = new LogGroup(after, {
      held,
      inTurn: makeInTurn,
      open: (from) => openSource(args, log, from),
      findOther: (one) =>
        near(
          [...groups].filter((other) => other !== one),
          one.position,
        ),
      onClosed: (one) => {
        groups.delete(one);
        if (groups.size === 0 && logs.get(key) === groups) logs.delete(key);
      },
    });
    groups.add(group);
    return group;
  };

  return { subscribe };
}

export type LiveStreams = ReturnType<typeof liveStreams>;

/** A group that is at `position` or shortly before it. */
function near(groups: Iterable<LogGroup> | undefined, position: number): LogGroup | undefined {
  for (const group of groups ?? []) {
    if (group.position <= position && position - group.position <= NEAR_LINES) return group;
  }
  return undefined;
}

async function openState(group: StateGroup): Promise<OpenedStream> {
  return opened(group.opened, group.join());
}

async function opened(begun: Promise<Frame | null>, outbox: LogViewer['outbox']): Promise<OpenedStream> {
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

/** A viewer that had fallen behind learns of a refusal by the end of its stream. */
async function rejoin(viewer: LogViewer, group: LogGroup): Promise<void> {
  try {
    if ((await group.opened) !== null) viewer.end();
  } catch (error) {
    viewer.fail(error);
  }
}
