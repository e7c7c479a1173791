import type { StagedRows } from '../../core/sync-store.ts';

/** Bytes handed over at a time: large enough that a transfer costs little, small enough that few fill the memory. */
const targetBytes = 256 * 1024;

/** The most bytes that one UTF-16 unit takes in UTF-8. */
const bytesPerUnit = 3;

/** Writes rows into buffers of about 256 KiB and hands them over, each with memory of its own. */
export class RowBuffers {
  readonly #send: (rows: StagedRows) => void;
  #buffer: Buffer = Buffer.alloc(0);
  #used = 0;
  #count = 0;

  constructor(send: (rows: StagedRows) => void) {
    this.#send = send;
  }

  add(row: string): void {
    const most = row.length * bytesPerUnit;
    if (this.#used + most > this.#buffer.length) {
      this.flush();
      // Not from Node's pool, for it is transferred to another thread.
      this.#buffer = Buffer.allocUnsafeSlow(Math.max(targetBytes, most));
    }
    this.#used += this.#buffer.write(row, this.#used);
    this.#count++;
  }

  flush(): void {
    if (this.#count > 0) this.#send({ bytes: this.#buffer.subarray(0, this.#used), count: this.#count });
    this.#buffer = Buffer.alloc(0);
    this.#used = 0;
    this.#count = 0;
  }
}
