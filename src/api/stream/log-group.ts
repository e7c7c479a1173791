import type { Held } from '../../core/held.ts';
import type { LogBatch } from '../../core/runner-port.ts';
import { type OpenedSource, openSource } from './event-source.ts';
import type { Frame } from './frame.ts';
import { FrameSize } from './frame-size.ts';
import type { LogViewer } from './log-viewer.ts';

/** Lines that a group may be ahead of another and still be taken for being at the same place. */
export const NEAR_LINES = 1000;

/** Bytes of a frame, about. A viewer holds the one that it is sent, so they are smaller when much is held. */
const FRAME = { most: 128 * 1024, least: 8 * 1024 };
/** The part of the room left in this process that a frame may have. */
const SHARE = 64;

export type LogGroupParts = {
  /** What waits for all viewers. */
  held: Held;
  /** Frames of all logs are made a few at a time: each takes several times its size meanwhile. */
  inTurn: <T>(work: () => Promise<T>) => Promise<T>;
  /** Opens the group's own events after a line. */
  open(after: number): ReturnType<typeof openSource>;
  /** Another group, at or shortly before this one's place, that can take over its viewers. */
  findOther(group: LogGroup): LogGroup | undefined;
  onClosed(group: LogGroup): void;
};

/**
 * Viewers of one log who are at the same place: one stream of events, one execution and one serialization for all of
 * them. Every viewer knows how far it has got, so whoever has some of a batch already is given the rest of it alone.
 */
export class LogGroup {
  readonly viewers = new Set<LogViewer>();
  /** `seq` of the newest line that was given to the viewers. */
  position: number;
  /** Null once it has begun; a frame when it was refused. */
  readonly opened: Promise<Frame | null>;
  readonly #parts: LogGroupParts;
  #source: Extract<OpenedSource, { kind: 'open' }> | null = null;
  readonly #size = new FrameSize();
  #closed = false;

  constructor(after: number, parts: LogGroupParts) {
    this.position = after;
    this.#parts = parts;
    this.opened = this.#open();
  }

  add(viewer: LogViewer): void {
    this.viewers.add(viewer);
  }

  /** The last one to leave closes the group. */
  remove(viewer: LogViewer): void {
    this.viewers.delete(viewer);
    if (this.viewers.size === 0) this.close();
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.onClosed(this);
    void this.#source?.events.return?.();
  }

  async #open(): Promise<Frame | null> {
    const source = await this.#parts.open(this.position);
    if (source.kind === 'refused') {
      this.close();
      return source.frame;
    }
    this.#source = source;
    if (this.#closed) await source.events.return?.();
    else void this.#pump(source);
    return null;
  }

  async #pump({ events, answer }: Extract<OpenedSource, { kind: 'open' }>): Promise<void> {
    try {
      for await (const event of events) {
        if (!isLogBatch(event)) throw new TypeError('A log stream brought something that is no batch of lines.');
        if (await this.#give(event, answer)) break;
        if (this.#closed) return;
      }
      if (!this.#closed) this.#finish((viewer) => viewer.end());
    } catch (error) {
      this.#finish((viewer) => viewer.fail(error));
    }
  }

  /** In frames of a bounded size, for those who keep up. Tells whether it was the last. */
  async #give(batch: LogBatch, answer: (event: LogBatch) => Promise<Frame>): Promise<boolean> {
    let at = 0;
    do {
      const made = await this.#parts.inTurn(() => this.#make(batch, at, answer));
      if (made === null || this.#closed) return false;
      this.#publish(made.part, made.frame, answer);
      if (made.frame.isLast) return true;
      at += made.part.lines.length;
    } while (at < batch.lines.length && !this.#closed);
    return false;
  }

  /** The next part of a batch and its frame; null when nobody keeps up. */
  async #make(
    batch: LogBatch,
    at: number,
    answer: (event: LogBatch) => Promise<Frame>,
  ): Promise<{ part: LogBatch; frame: Frame } | null> {
    for (const viewer of this.viewers) viewer.makeReady();
    const bytes = this.#parts.held.share(SHARE, FRAME);
    for (let most = batch.lines.length; !this.#closed; ) {
      const part = partOf(batch, at, Math.min(most, this.#size.fit(batch.lines, at, bytes)));
      const frame = await answer(part);
      const count = part.lines.length;
      this.#size.learn(part.lines, frame.json.length);
      if (frame.json.length <= 2 * bytes || count <= 1) return { part, frame };
      // Far too large, being the first of its kind: once more, with less.
      most = Math.ceil(count / 2);
    }
    return null;
  }

  #publish(batch: LogBatch, frame: Frame, answer: (event: LogBatch) => Promise<Frame>): void {
    const from = this.position;
    this.position = batch.lastSeq;
    for (const viewer of this.viewers) viewer.offer(from, batch, frame, answer);
    const other = this.#parts.findOther(this);
    if (other === undefined || this.#closed) return;
    for (const viewer of this.viewers) viewer.moveTo(other);
    this.viewers.clear();
    this.close();
  }

  #finish(tell: (viewer: LogViewer) => void): void {
    const viewers = [...this.viewers];
    this.viewers.clear();
    this.close();
    for (const viewer of viewers) tell(viewer);
  }
}

/** Each but the last goes as far as its own last line. */
function partOf(batch: LogBatch, at: number, count: number): LogBatch {
  if (at + count >= batch.lines.length && at === 0) return batch;
  const lines = batch.lines.slice(at, at + count);
  const isRest = at + count >= batch.lines.length;
  return { ...batch, lines, lastSeq: isRest ? batch.lastSeq : (lines.at(-1)?.seq ?? batch.lastSeq) };
}

const isLogBatch = (event: unknown): event is LogBatch =>
  typeof event === 'object' && event !== null && 'lastSeq' in event && 'lines' in event;
