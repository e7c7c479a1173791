import type { LogBatch } from '../../core/runner-port.ts';
import type { Frame } from './frame.ts';
import { Outbox } from './outbox.ts';

/** Bytes (UTF-16 units) that may wait for one viewer; beyond that it is left alone until it has taken what it was sent. */
const MOST_WAITING = 1024 * 1024;

/** Viewers at one place of the log. */
type Group = { add(viewer: LogViewer): void; remove(viewer: LogViewer): void };

type Waiting = { frame: Frame | Promise<Frame>; to: number; size: number };

/**
 * Somebody who reads a log, with their own place in it. One who does not keep up is taken out of the group, and goes on
 * from the last line that was taken: nothing is lost and nothing comes twice.
 */
export class LogViewer {
  readonly outbox: Outbox;
  readonly #join: (viewer: LogViewer, after: number) => void;
  #group: Group | null = null;
  #waiting: Waiting[] = [];
  #size = 0;
  /** `seq` of the newest line taken, and of the newest one that waits or was taken. */
  #taken: number;
  #offered: number;
  #behind = false;

  /** `join` finds the viewer a group, or makes one. */
  constructor(after: number, join: (viewer: LogViewer, after: number) => void) {
    this.#taken = after;
    this.#offered = after;
    this.#join = join;
    this.outbox = new Outbox({ take: () => this.#take() }, () => this.#leaveGroup());
  }

  moveTo(group: Group): void {
    this.#group = group;
    group.add(this);
  }

  /** A batch of the lines after `from`. `answer` serializes a part of it for this viewer alone. */
  offer(from: number, batch: LogBatch, shared: Frame, answer: (batch: LogBatch) => Promise<Frame>): void {
    const had = this.#offered;
    if (had > from && batch.lastSeq <= had) return;
    const frame = had <= from ? shared : answer({ ...batch, lines: batch.lines.filter((line) => line.seq > had) });
    // It is looked at when it is taken; a viewer that leaves before never does.
    if (frame instanceof Promise) frame.catch(() => undefined);
    this.#offered = batch.lastSeq;
    this.#size += shared.json.length;
    this.#waiting.push({ frame, to: batch.lastSeq, size: shared.json.length });
    if (this.#size > MOST_WAITING && this.#waiting.length > 1) this.#fallBehind();
    this.outbox.wake();
  }

  end(): void {
    this.#group = null;
    this.outbox.end();
  }

  fail(error: unknown): void {
    this.#group = null;
    this.outbox.fail(error);
  }

  #take(): Frame | Promise<Frame> | undefined {
    const next = this.#waiting.shift();
    if (next === undefined) {
      if (this.#behind) {
        this.#behind = false;
        this.#join(this, this.#taken);
      }
      return undefined;
    }
    this.#size -= next.size;
    this.#taken = next.to;
    return next.frame;
  }

  #fallBehind(): void {
    this.#leaveGroup();
    this.#waiting = [];
    this.#size = 0;
    this.#offered = this.#taken;
    this.#behind = true;
  }

  #leaveGroup(): void {
    const group = this.#group;
    this.#group = null;
    group?.remove(this);
  }
}
