import type { StagedRows } from '../../core/sync-store.ts';

/** Bytes handed over at a time: large enough that a transfer costs little, small enough that few fill the memory. */
const TARGET_BYTES = 256 * 1024;

/** Gathers rows as text and hands them over as buffers of about 256 KiB. */
export class RowBuffers {
  readonly #send: (rows: StagedRows) => void;
  #text = '';
  #count = 0;

  constructor(send: (rows: StagedRows) => void) {
    this.#send = send;
  }

  add(row: string): void {
    this.#text += row;
    this.#count++;
    if (this.#text.length >= TARGET_BYTES) this.flush();
  }

  flush(): void {
    if (this.#count === 0) return;
    // Its own memory, not a slice of Node's pool: it is transferred to another thread.
    const bytes = new TextEncoder().encode(this.#text);
    this.#send({ bytes, count: this.#count });
    this.#text = '';
    this.#count = 0;
  }
}
