import type { Held } from '../../core/held.ts';
import type { LogBatch } from '../../core/runner-port.ts';
import type { Frame } from './frame.ts';
import { Outbox } from './outbox.ts';

/** Bytes that may wait for one viewer, less when much waits for others; beyond that it is left alone until it has taken what it was sent. */
const MOST_WAITING = 1024 * 1024;
/** The part of the room left in this process that one viewer may have. */
const SHARE = 16;

/** Viewers at one place of the log. */
type Group = { add(viewer: LogViewer): void; remove(viewer: LogViewer): void };

type Waiting = { frame: Frame | Promise<Frame>; to: number; size: number };

/**
 * Somebody who reads a log, with their own place in it. One who does not keep up is taken out of the group, keeps nothing but
 * the place, and goes on from the last line that was taken: nothing is lost and nothing comes twice.
 */
export class LogViewer {
  readonly outbox: Outbox;
  readonly #join: (viewer: LogViewer, after: number) => void;
  readonly #held: Held;
  #group: Group | null = null;
  #waiting: Waiting[] = [];
  #size = 0;
  /** Taken, and not yet sent as far as is known. */
  #sending: Waiting | null = null;
  /** `seq` of the newest line taken, and of the newest one that waits or was taken. */
  #taken: number;
  #offered: number;
  #behind = false;

  /** `join` finds the viewer a group, or makes one. `held` counts what waits for all viewers. */
  constructor(after: number, join: (viewer: LogViewer, after: number) => void, held: Held) {
    this.#taken = after;
    this.#offered = after;
    this.#join = join;
    this.#held = held;
    const leave = () => {
      this.#leaveGroup();
      this.#forgetWaiting();
      this.#sent();
    };
    this.outbox = new Outbox({ take: () => this.#take() }, leave);
  }

  moveTo(group: Group): void {
    this.#group = group;
    group.add(this);
  }

  /** To be asked before anything is made ready: a viewer that still has enough to be sent falls behind. */
  makeReady(): void {
    const isIdle = this.#sending === null && this.#waiting.length === 0;
    if (!isIdle && this.#size >= this.#held.share(SHARE, { least: 0, most: MOST_WAITING })) this.#fallBehind();
  }

  /** A batch of the lines after `from`. `answer` serializes a part of it for this viewer alone. */
  offer(from: number, batch: LogBatch, shared: Frame, answer: (batch: LogBatch) => Promise<Frame>): void {
    const had = this.#offered;
    if (had > from && batch.lastSeq <= had) return;
    const frame = had <= from ? shared : answer({ ...batch, lines: batch.lines.filter((line) => line.seq > had) });
    // It is looked at when it is taken; a viewer that leaves before never does.
    if (frame instanceof Promise) frame.catch(() => undefined);
    this.#offered = batch.lastSeq;
    const size = shared.json.length;
    this.#size += size;
    this.#waiting.push({ frame, to: batch.lastSeq, size });
    this.#held.keep(frame, size);
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
    this.#sent();
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
    this.#sending = next;
    return next.frame;
  }

  #sent(): void {
    if (this.#sending !== null) this.#held.drop(this.#sending.frame);
    this.#sending = null;
  }

  #fallBehind(): void {
    this.#leaveGroup();
    this.#forgetWaiting();
    this.#offered = this.#taken;
    this.#behind = true;
  }

  #forgetWaiting(): void {
    for (const { frame } of this.#waiting) this.#held.drop(frame);
    this.#waiting = [];
    this.#size = 0;
  }

  #leaveGroup(): void {
    const group = this.#group;
    this.#group = null;
    group?.remove(this);
  }
}
