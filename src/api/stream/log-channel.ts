import type { LRUCache } from 'lru-cache';
import type { Held } from '../../core/held.ts';
import { isEnded, type LogLine, type RunStatus } from '../../core/run.ts';
import type { FollowedLog, LogBatch } from '../../core/runner-port.ts';
import type { OpenedSource, openSource } from './event-source.ts';
import type { Frame } from './frame.ts';
import { LogViewer, type Made } from './log-viewer.ts';

/**
 * The most and the least bytes of a frame, approximately. Each viewer holds a frame while it is sent, so frames get
 * smaller when many are held.
 */
const FRAME = { most: 128 * 1024, least: 8 * 1024 };
/** The divisor of the free memory for frames: one frame gets this part of it. */
const SHARE = 64;

export type LogChannelParts = {
  /** Counts the frames on their way to viewers. */
  held: Held;
  /** Recent frames of all channels, by channel and place, for viewers who reach the same place a little later. */
  recent: LRUCache<string, Made>;
  /** Limits how many frames of all logs are made at a time: making one takes several times its size. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  open(): ReturnType<typeof openSource>;
  onClosed(): void;
};

let channels = 0;

/**
 * Viewers with the same subscription to one log. All share one execution; viewers at the same position share one
 * serialization. Each viewer has a separate position and asks for the next frame when the one before has left the
 * process. So nothing queues up: a viewer who does not read holds one frame and a number.
 */
export class LogChannel {
  /** Resolves with null once the stream has begun, or with the frame that refuses it. */
  readonly opened: Promise<Frame | null>;
  readonly #id = channels++;
  readonly #parts: LogChannelParts;
  readonly #viewers = new Set<LogViewer>();
  readonly #making = new Map<number, Promise<Made | null>>();
  readonly #size = new FrameSize();
  #source: Extract<OpenedSource, { kind: 'open' }> | null = null;
  #log: FollowedLog | null = null;
  #stopWaiting: (() => void) | null = null;
  #closed = false;

  constructor(parts: LogChannelParts) {
    this.#parts = parts;
    this.opened = this.#open();
  }

  /** Adds a viewer who has the lines up to `after`. The last viewer to leave closes the channel. */
  join(after: number): LogViewer {
    const viewer: LogViewer = new LogViewer(after, this, this.#parts.held, () => {
      this.#viewers.delete(viewer);
      if (this.#viewers.size === 0) this.close();
    });
    this.#viewers.add(viewer);
    return viewer;
  }

  /** What a viewer at this position can get. After 'nothing yet', the viewers are woken when there is something. */
  now(after: number, told: RunStatus | null): ReturnType<FollowedLog['now']> {
    const now = this.#log === null || this.#closed ? 'over' : this.#log.now(after, told);
    if (now === 'nothing yet') {
      this.#stopWaiting ??=
        this.#log?.whenChanged(() => {
          this.#stopWaiting = null;
          for (const { outbox } of this.#viewers) outbox.wake();
        }) ?? null;
    }
    return now;
  }

  /**
   * The lines after a position, as a frame. All viewers get the same frame while it is full or no newer lines exist.
   * Null when the channel was closed, or the run was deleted, before the frame was made.
   */
  async frameAfter(after: number): Promise<Made | null> {
    const recent = this.#parts.recent.get(this.#keyOf(after));
    if (recent !== undefined && (recent.isFull || recent.to === this.#log?.lastSeq)) return recent;
    const known = this.#making.get(after);
    if (known !== undefined) return known;
    const making = this.#parts.inTurn(() => this.#make(after));
    this.#making.set(after, making);
    try {
      return await making;
    } finally {
      this.#making.delete(after);
    }
  }

  async #open(): Promise<Frame | null> {
    const source = await this.#parts.open();
    if (source.kind === 'refused') {
      this.close();
      return source.frame;
    }
    this.#source = source;
    if (!isLog(source.events)) throw new TypeError('The events of a log stream are no log.');
    this.#log = source.events;
    if (this.#closed) source.close();
    return null;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.onClosed();
    this.#stopWaiting?.();
    this.#source?.close();
  }

  async #make(after: number): Promise<Made | null> {
    if (this.#source === null || this.#log === null || this.now(after, null) === 'over') return null;
    const end = this.#log.lastSeq;
    const batch = await this.#log.read(after);
    const { lastSeq: to, runStatus: status } = batch;
    if (batch.lines.length === 0 && !isEnded(status)) return { frame: null, lines: 0, to, status, isFull: to < end };
    const { part, frame } = await this.#serialize(batch, this.#source.answer);
    const made = { frame, lines: part.lines.length, to: part.lastSeq, status, isFull: part.lastSeq < end };
    if (!frame.isLast) this.#parts.recent.set(this.#keyOf(after), made);
    return made;
  }

  async #serialize(batch: LogBatch, answer: (event: LogBatch) => Promise<Frame>) {
    const bytes = this.#parts.held.share(SHARE, FRAME);
    for (let most = batch.lines.length; ; ) {
      const part = beginning(batch, Math.min(most, this.#size.fit(batch.lines, bytes)));
      const frame = await answer(part);
      const count = part.lines.length;
      this.#size.learn(part.lines, frame.json.length);
      if (frame.json.length <= 2 * bytes || count <= 1) return { part, frame };
      // The frame is far too large, because no frame before has shown the size. Try again with half of the lines.
      most = Math.ceil(count / 2);
    }
  }

  #keyOf(after: number): string {
    return `${this.#id} ${after}`;
  }
}

/** The first `count` lines of a batch, with the `lastSeq` of the last of them. */
function beginning(batch: LogBatch, count: number): LogBatch {
  if (count >= batch.lines.length) return batch;
  const lines = batch.lines.slice(0, count);
  return { ...batch, lines, lastSeq: lines.at(-1)?.seq ?? batch.lastSeq };
}

function isLog(events: AsyncIterable<unknown>): events is FollowedLog {
  return 'now' in events && 'read' in events;
}

/** About the bytes of a line besides its texts: names, quotes, numbers. */
const BESIDE_TEXTS = 150;

/**
 * Estimates how many lines fit into a frame. It learns from the frames before, because documents select more or fewer
 * fields.
 */
class FrameSize {
  #bytesPerWeight = 1;

  /** How many of the lines fit into this many bytes; at least one. */
  fit(lines: readonly LogLine[], bytes: number): number {
    let left = bytes / this.#bytesPerWeight;
    const tooMany = lines.findIndex((line, at) => {
      left -= weight(line);
      return left < 0 && at > 0;
    });
    return tooMany === -1 ? lines.length : tooMany;
  }

  learn(lines: readonly LogLine[], bytes: number): void {
    if (lines.length === 0) return;
    this.#bytesPerWeight = bytes / lines.reduce((sum, line) => sum + weight(line), 0);
  }
}

function weight(line: LogLine): number {
  return BESIDE_TEXTS + line.message.length + (line.person?.length ?? 0) + (line.personId?.length ?? 0);
}
