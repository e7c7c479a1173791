import type { Held } from '../../core/held.ts';
import type { RunStatus } from '../../core/run.ts';
import type { FollowedLog } from '../../core/runner-port.ts';
import type { Frame } from './frame.ts';
import { Outbox } from './outbox.ts';

/**
 * The frame for the lines after a position, up to line `to`. `frame` is null when all lines are below the level.
 * `isFull`: there were more lines than fit into a frame.
 */
export type Made = { frame: Frame | null; lines: number; to: number; status: RunStatus; isFull: boolean };

/** The source of the frames. After "nothing yet", it wakes its viewers when there is something. */
type Channel = {
  now(after: number, told: RunStatus | null): ReturnType<FollowedLog['now']>;
  frameAfter(after: number): Promise<Made | null>;
};

/** One viewer of a log: their position in it, and the frame on its way to them. */
export class LogViewer {
  readonly outbox: Outbox;
  readonly #channel: Channel;
  readonly #held: Held;
  /** The `seq` of the newest line taken, and the run's status in the newest frame. */
  #after: number;
  #told: RunStatus | null = null;
  /** The frame that was taken and is probably not sent yet. */
  #sending: Frame | null = null;
  #over = false;

  /** `held` counts the frames on their way to all viewers. `onLeave` is called once. */
  constructor(after: number, channel: Channel, held: Held, onLeave: () => void) {
    this.#after = after;
    this.#channel = channel;
    this.#held = held;
    const leave = () => {
      this.#over = true;
      this.#sent();
      onLeave();
    };
    this.outbox = new Outbox({ take: () => this.#take() }, leave);
  }

  #take(): Promise<Frame | undefined> | undefined {
    this.#sent();
    const now = this.#over ? 'over' : this.#channel.now(this.#after, this.#told);
    if (now === 'over') this.outbox.end();
    return now === 'lines' || now === 'end' ? this.#next() : undefined;
  }

  /** Undefined when all these lines are below the level, or the viewer has left. */
  async #next(): Promise<Frame | undefined> {
    const made = await this.#channel.frameAfter(this.#after);
    if (made === null) return undefined;
    const { frame, lines, to, status } = made;
    this.#after = to;
    if (frame === null || this.#over) return undefined;
    if (lines === 0 && this.#told === status) return undefined;
    this.#told = status;
    this.#over = frame.isLast;
    this.#sending = frame;
    this.#held.keep(frame, frame.json.length);
    return frame;
  }

  #sent(): void {
    if (this.#sending !== null) this.#held.drop(this.#sending);
    this.#sending = null;
  }
}
