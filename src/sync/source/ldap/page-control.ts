import { BerWriter, Control } from 'ldapts';
import { Tag } from './ber.ts';
import { pagedResultsOid } from './search-result.ts';

/**
 * Asks for a page (RFC 2696), critical, so that no server may pass over it. ldapts's own control is not used: its
 * search stops at a page without entries, cookie or not.
 */
export class PageControl extends Control {
  readonly #size: number;
  readonly #cookie: Buffer;

  constructor(size: number, cookie: Buffer) {
    super(pagedResultsOid, { critical: true });
    this.#size = size;
    this.#cookie = cookie;
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    value.writeInt(this.#size);
    value.writeBuffer(this.#cookie, Tag.OCTET_STRING);
    value.endSequence();
    writer.writeBuffer(value.buffer, Tag.OCTET_STRING);
  }
}
