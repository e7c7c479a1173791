import type { LogBatch } from '../../core/runner-port.ts';
import { type OpenedSource, openSource } from './event-source.ts';
import type { Frame } from './frame.ts';
import type { LogViewer } from './log-viewer.ts';

/** Lines that a group may be ahead of another and still be taken for being at the same place. */
export const NEAR_LINES = 1000;

export type LogGroupParts = {
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
        const frame = await answer(event);
        if (this.#closed) return;
        this.#publish(event, frame, answer);
        if (frame.isLast) break;
      }
      if (!this.#closed) this.#finish((viewer) => viewer.end());
    } catch (error) {
      this.#finish((viewer) => viewer.fail(error));
    }
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

const isLogBatch = (event: unknown): event is LogBatch =>
  typeof event === 'object' && event !== null && 'lastSeq' in event && 'lines' in event;
