import { type OpenedSource, openSource } from './event-source.ts';
import type { Frame } from './frame.ts';
import { Outbox } from './outbox.ts';

/**
 * One viewer's own stream of events. The next event is asked for when the frame before has left the process, so a slow viewer holds one
 * frame, and loses nothing.
 */
export class PulledStream {
  /** Resolves with null once the stream has begun, or with the frame that refuses it. */
  readonly opened: Promise<Frame | null>;
  readonly outbox: Outbox;
  readonly #onClosed: () => void;
  #source: Extract<OpenedSource, { kind: 'open' }> | null = null;
  #events: AsyncIterator<unknown> | null = null;
  #closed = false;

  constructor(open: () => ReturnType<typeof openSource>, onClosed: () => void) {
    this.#onClosed = onClosed;
    this.outbox = new Outbox({ take: () => this.#take() }, () => this.close());
    this.opened = this.#open(open);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#source?.close();
    this.outbox.end();
    this.#onClosed();
  }

  async #open(open: () => ReturnType<typeof openSource>): Promise<Frame | null> {
    const source = await open();
    if (source.kind === 'refused') {
      this.close();
      return source.frame;
    }
    this.#source = source;
    this.#events = source.events[Symbol.asyncIterator]();
    if (this.#closed) source.close();
    return null;
  }

  #take(): Promise<Frame | undefined> | undefined {
    const [source, events] = [this.#source, this.#events];
    return this.#closed || source === null || events === null ? undefined : this.#next(source, events);
  }

  async #next(
    { answer }: Extract<OpenedSource, { kind: 'open' }>,
    events: AsyncIterator<unknown>,
  ): Promise<Frame | undefined> {
    const { done, value } = await events.next();
    if (done) {
      this.close();
      return undefined;
    }
    const frame = await answer(value);
    if (frame.isLast) this.close();
    return frame;
  }
}
