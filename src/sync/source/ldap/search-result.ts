import { BerWriter, Control } from 'ldapts';
import { BerCursor, Tag } from './ber.ts';
import { wordsOf } from './value-text.ts';

/** A server's result of an operation (RFC 4511, 4.1.9). */
export type LdapResult = {
  code: number;
  matchedDn: string;
  /** The server's message, cleaned by `saidText` like `matchedDn` and `referrals`. */
  message: string;
  referrals: string[];
  /** The cookie of the paged results control: empty on the last page. Null: the server sent no such control. */
  cookie: Buffer | null;
  /** The value of the control at the end of an RFC 4533 search. Null: the server sent no such control. */
  syncDone: Buffer | null;
};

/** The paged results control (RFC 2696). */
export const pagedResultsOid = '1.2.840.113556.1.4.319';

/** The control at the end of an RFC 4533 search (2.4). */
const syncDoneOid = '1.3.6.1.4.1.4203.1.9.1.3';

/** Decodes a result; `at` is the place of the operation's tag. Throws MalformedBer. */
export function decodeResult(bytes: Buffer, at: number, end: number): LdapResult {
  const message = new BerCursor(bytes, at, end);
  const operation = message.element(message.peek());
  const result: LdapResult = {
    code: operation.integer(Tag.ENUMERATED),
    matchedDn: wordsOf(operation.octets()),
    message: wordsOf(operation.octets()),
    referrals: operation.peek() === Tag.REFERRAL ? decodeReferences(operation.element(Tag.REFERRAL)) : [],
    cookie: null,
    syncDone: null,
  };
  if (message.peek() === Tag.CONTROLS) {
    const controls = message.element(Tag.CONTROLS);
    result.cookie = decodeCookie(controlValue(controls, pagedResultsOid));
    result.syncDone = controlValue(controls, syncDoneOid);
  }
  return result;
}

/** The value of a control of a message, copied. Null: there is no such control, or it has no value. Throws MalformedBer. */
export function controlValue({ bytes, at, end }: BerCursor, oid: string): Buffer | null {
  const controls = new BerCursor(bytes, at, end);
  while (!controls.done) {
    const control = controls.element(Tag.SEQUENCE);
    if (control.text() !== oid) continue;
    if (control.peek() === Tag.BOOLEAN) control.skip();
    return control.done ? null : Buffer.from(control.octets());
  }
  return null;
}

/** The most URLs in one message. They all name the same place, on several servers. */
const mostInOne = 100;

/** The URLs of a search reference or a referral; only the first ones if there are very many. */
export function decodeReferences(cursor: BerCursor): string[] {
  const urls: string[] = [];
  while (!cursor.done && urls.length < mostInOne) urls.push(wordsOf(cursor.octets()));
  return urls;
}

function decodeCookie(value: Buffer | null): Buffer | null {
  if (value === null) return null;
  const page = new BerCursor(value).element(Tag.SEQUENCE);
  page.integer();
  return Buffer.from(page.octets());
}

/**
 * Asks for a page (RFC 2696). It is critical, so that no server ignores it. The control of ldapts is not used: its search stops
 * at a page without entries, even when there is a cookie.
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
