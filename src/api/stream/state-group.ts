import { type OpenedSource, openSource } from './event-source.ts';
import type { Frame } from './frame.ts';
import { Outbox } from './outbox.ts';

export type StateGroupParts = {
  open(): ReturnType<typeof openSource>;
  /** Whether a viewer who joins later gets the newest state at once. */
  replaysLast: boolean;
  onClosed(): void;
};

/**
 * Viewers with the same subscription to the states of runs. They share one stream of events, one execution and one
 * serialization. A slow viewer gets only the newest state of each run.
 */
export class StateGroup {
  /** Resolves with null once the stream has begun, or with the frame that refuses it. */
  readonly opened: Promise<Frame | null>;
  readonly #parts: StateGroupParts;
  readonly #viewers = new Map<Outbox, Map<string, Frame>>();
  #last: { key: string; frame: Frame } | null = null;
  #source: Extract<OpenedSource, { kind: 'open' }> | null = null;
  #closed = false;

  constructor(parts: StateGroupParts) {
    this.#parts = parts;
    this.opened = this.#open();
  }

  join(): Outbox {
    const waiting = new Map<string, Frame>();
    const outbox: Outbox = new Outbox({ take: () => takeFirst(waiting) }, () => this.#remove(outbox));
    if (this.#parts.replaysLast && this.#last !== null) waiting.set(this.#last.key, this.#last.frame);
    this.#viewers.set(outbox, waiting);
    return outbox;
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#parts.onClosed();
    this.#source?.close();
  }

  #remove(outbox: Outbox): void {
    this.#viewers.delete(outbox);
    if (this.#viewers.size === 0) this.close();
  }

  async #open(): Promise<Frame | null> {
    const source = await this.#parts.open();
    if (source.kind === 'refused') {
      this.close();
      return source.frame;
    }
    this.#source = source;
    if (this.#closed) source.close();
    else void this.#pump(source);
    return null;
  }

  async #pump({ events, answer }: Extract<OpenedSource, { kind: 'open' }>): Promise<void> {
    try {
      for await (const event of events) {
        const frame = await answer(event);
        this.#publish(keyOf(event), frame);
        if (frame.isLast) break;
      }
      this.#finish((viewer) => viewer.end());
    } catch (error) {
      this.#finish((viewer) => viewer.fail(error));
    }
  }

  #publish(key: string, frame: Frame): void {
    this.#last = { key, frame };
    for (const [outbox, waiting] of this.#viewers) {
      waiting.set(key, frame);
      outbox.wake();
    }
  }

  #finish(tell: (viewer: Outbox) => void): void {
    this.close();
    for (const viewer of [...this.#viewers.keys()]) tell(viewer);
  }
}

function keyOf(event: unknown): string {
  return typeof event === 'object' && event !== null && 'id' in event && typeof event.id === 'string' ? event.id : '';
}

function takeFirst(waiting: Map<string, Frame>): Frame | undefined {
  const first = waiting.entries().next().value;
  if (first !== undefined) waiting.delete(first[0]);
  return first?.[1];
}
