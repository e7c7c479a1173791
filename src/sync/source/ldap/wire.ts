import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { AppError } from '../../../core/app-error.ts';
import { type Allowance, allowances } from './answer-limits.ts';
import { BerCursor, MalformedBer, Tag } from './ber.ts';
import { MessageSplitter, TooLarge } from './message-splitter.ts';
import { decodeReferences, decodeResult, type LdapResult } from './search-result.ts';

/** Gets the answers to one search. The bytes are valid only during the call. */
export type SearchSink = {
  /** The most entries of the answer, if it is a page. */
  pageSize?: number | undefined;
  /** The controls of its message follow the entry, from `end` to `messageEnd`. */
  entry(bytes: Buffer, at: number, end: number, messageEnd: number): void;
  references(urls: string[]): void;
  /** An intermediate response (RFC 4511, 4.13). Without this they are dropped. */
  intermediate?(response: BerCursor): void;
  done(result: LdapResult): void;
};

/** An answer is long when it has brought more bytes than this. */
const longAnswer = 16 * 1024;
/** Messages trickle when fewer than this have come at once, with fewer bytes. */
const fewMessages = 16;
const fewBytes = 16 * 1024;
/** So many entries at the end of a page do not count as trickling: the server waits for our next request after them. */
const endOfPage = 100;

/**
 * The socket that ldapts uses, around a connected one (TCP or TLS). Entries and references of a search go to its sink; ldapts
 * gets everything else. A search request takes the sink that `expectSearch` has set just before.
 */
export class Wire extends Duplex {
  /** Why we ended the connection (see `fail`). */
  failure: { reason: unknown } | null = null;
  /** The socket's error, if the connection ended by itself. */
  socketError: Error | null = null;
  /** How many bytes have been received so far. */
  received = 0;
  /** Whether a long answer came message by message at last, and more of it is to come. */
  trickles = false;
  readonly connecting = false;
  /** True when the server has sent anything. */
  heard = false;
  #raw: Socket;
  readonly #sinks = new Map<number, SearchSink>();
  readonly #expected: SearchSink[] = [];
  /** If the last message was an entry: the sink of its search, and the first bytes of its entries (id and tag). */
  #last: { sink: SearchSink; prefix: Buffer } | null = null;
  #splitter = new MessageSplitter((bytes, start, end) => this.#message(bytes, start, end));
  /** How many bytes the server may still send before our next request, and the error when it sends more. */
  #bytesLeft: number = allowances.reply.bytes;
  #messagesLeft: number = allowances.reply.messages;
  #tooMuch: (what: 'bytes' | 'messages') => AppError = unasked;
  /** What was left at our last request, and the most entries of its answer. */
  #atRequest = { bytes: 0, messages: 0, pageSize: Number.POSITIVE_INFINITY };

  constructor(raw: Socket) {
    super({ allowHalfOpen: false });
    this.#raw = raw;
    this.attach(raw);
  }

  /** ldapts reads it to see whether the socket is connected. */
  get readyState(): 'open' | 'closed' {
    return this.destroyed ? 'closed' : 'open';
  }

  expectSearch(sink: SearchSink): void {
    this.#expected.push(sink);
  }

  /** Sets the limits for the answer to the next request. The connection ends when the server sends more. */
  allow(
    { bytes, messages, largest = bytes }: Pick<Allowance, 'bytes' | 'messages' | 'largest'>,
    tooMuch: (what: 'bytes' | 'messages') => AppError,
  ): void {
    this.#bytesLeft = bytes;
    this.#messagesLeft = messages;
    this.#tooMuch = tooMuch;
    this.#splitter.largest = largest;
  }

  /** Ends the connection at once. Operations that wait for it fail with `reason`. */
  fail(reason: unknown): void {
    this.failure ??= { reason };
    this.destroy();
  }

  /** Gives up the socket, so that TLS can take it over (StartTLS). Unencrypted bytes that were received before are dropped. */
  release(): Socket {
    this.#raw.off('data', this.receive).off('error', this.#ended).off('end', this.#ended).off('close', this.#ended);
    this.#splitter = new MessageSplitter((bytes, start, end) => this.#message(bytes, start, end));
    this.#splitter.largest = this.#bytesLeft;
    return this.#raw;
  }

  /** Continues with this socket: the one with TLS. */
  attach(raw: Socket): void {
    this.#raw = raw;
    raw.on('data', this.receive).on('error', this.#ended).on('end', this.#ended).on('close', this.#ended);
  }

  /** Takes bytes from the server. Public for sockets that read into a buffer of ours (`dialPlain`). */
  readonly receive = (chunk: Buffer): void => {
    this.received += chunk.length;
    this.heard = true;
    this.#bytesLeft -= chunk.length;
    const messagesLeft = this.#messagesLeft;
    try {
      if (this.#bytesLeft < 0) throw this.#tooMuch('bytes');
      this.#splitter.read(chunk);
    } catch (error) {
      this.refuse(error);
    }
    const came = messagesLeft - this.#messagesLeft;
    this.trickles = came > 0 && came < fewMessages && chunk.length < fewBytes && this.#isAmidLongAnswer();
  };

  /** Ends the connection because bytes that came earlier are refused with this error. Returns why it ended. */
  refuse(error: unknown): unknown {
    this.fail(this.#refusal(error));
    return this.failure?.reason;
  }

  #isAmidLongAnswer(): boolean {
    const { bytes, messages, pageSize } = this.#atRequest;
    return bytes - this.#bytesLeft > longAnswer && pageSize - (messages - this.#messagesLeft) > endOfPage;
  }

  /** The error for refused bytes. A bug of ours is thrown as it is. */
  #refusal(error: unknown): AppError {
    if (error instanceof AppError) return error;
    if (error instanceof TooLarge) return this.#tooMuch('bytes');
    if (!(error instanceof MalformedBer)) throw error;
    return new AppError('INVALID_RESPONSE', `The server sent something that is not LDAP: ${error.message}.`, {
      hint: 'Check that the URL leads to an LDAP server (ldap:// and ldaps:// have different ports) and that nothing in between changes the traffic.',
      cause: error,
    });
  }

  override _read(): void {}

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: (error?: Error | null) => void): void {
    const request = new BerCursor(chunk).element(Tag.SEQUENCE);
    const id = request.integer();
    const sink = request.peek() === Tag.SEARCH_REQUEST ? this.#expected.shift() : undefined;
    if (sink !== undefined) this.#sinks.set(id, sink);
    const pageSize = sink?.pageSize ?? Number.POSITIVE_INFINITY;
    this.#atRequest = { bytes: this.#bytesLeft, messages: this.#messagesLeft, pageSize };
    this.#raw.write(chunk, done);
  }

  override _final(done: (error?: Error | null) => void): void {
    this.#raw.end();
    done();
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#sinks.clear();
    this.#raw.destroy();
    done(error);
  }

  #message(bytes: Buffer, start: number, end: number): void {
    if (this.destroyed) return;
    if (--this.#messagesLeft < 0) throw this.#tooMuch('messages');
    if (this.#isEntryOfLast(bytes, start, end)) return;
    const cursor = new BerCursor(bytes, start, end);
    const id = cursor.integer();
    const sink = this.#sinks.get(id);
    const operation = cursor.peek();
    if (sink !== undefined && operation === Tag.SEARCH_ENTRY) {
      this.#last = { sink, prefix: Buffer.from(bytes.subarray(start, cursor.at + 1)) };
      const entry = cursor.element(Tag.SEARCH_ENTRY);
      sink.entry(bytes, entry.at, entry.end, end);
    } else if (sink !== undefined && operation === Tag.SEARCH_REFERENCE) {
      sink.references(decodeReferences(cursor.element(Tag.SEARCH_REFERENCE)));
    } else if (sink !== undefined && operation === Tag.INTERMEDIATE_RESPONSE) {
      sink.intermediate?.(cursor.element(Tag.INTERMEDIATE_RESPONSE));
    } else {
      this.#last = null;
      if (sink !== undefined && operation === Tag.SEARCH_DONE) {
        this.#sinks.delete(id);
        sink.done(decodeResult(bytes, cursor.at, end));
      }
      if (id === 0) this.#farewell(decodeResult(bytes, cursor.at, end));
      this.#passOn(bytes.subarray(start, end));
    }
  }

  /** The fast path for most messages: an entry of the same search as the message before. False: it is another message. */
  #isEntryOfLast(bytes: Buffer, start: number, end: number): boolean {
    if (this.#last === null) return false;
    const { sink, prefix } = this.#last;
    const size = prefix.length;
    for (let i = 0; i < size; i++) if (prefix[i] !== bytes[start + i]) return false;
    const lengthAt = start + size;
    const first = bytes[lengthAt] ?? 0;
    const headerSize = first < 0x80 ? 1 : 1 + (first & 0x7f);
    if (headerSize > 5 || lengthAt + headerSize > end) return false;
    let length = headerSize === 1 ? first : 0;
    for (let i = 1; i < headerSize; i++) length = length * 256 + (bytes[lengthAt + i] ?? 0);
    const from = lengthAt + headerSize;
    if (first === 0x80 || from + length > end) return false;
    sink.entry(bytes, from, from + length, end);
    return true;
  }

  /** Gives ldapts the whole message, with a new header. */
  #passOn(body: Buffer): void {
    const message = Buffer.allocUnsafe(6 + body.length);
    message[0] = Tag.SEQUENCE;
    message[1] = 0x84;
    message.writeUInt32BE(body.length, 2);
    body.copy(message, 6);
    this.push(message);
  }

  /** The notice of disconnection (RFC 4511, 4.4.1): the server says why it is about to close the connection. */
  #farewell(result: LdapResult): void {
    const said = result.message === '' ? '' : `: ${result.message}`;
    const busy = result.code === 51 || result.code === 52;
    this.fail(
      new AppError(
        busy ? 'SERVER_BUSY' : 'CONNECTION_LOST',
        `The server ended the connection${said} (result ${result.code}).`,
        {
          hint: busy
            ? 'Try again later, or name a further server in the URLs.'
            : "Look at the server's own log for the reason.",
        },
      ),
    );
  }

  readonly #ended = (error?: Error | boolean): void => {
    if (typeof error === 'object') this.socketError ??= error;
    this.destroy();
  };
}

function unasked(): AppError {
  return new AppError('INVALID_RESPONSE', 'The server sent too much that was not requested.', {
    hint: 'Check that the URL leads to an LDAP server.',
  });
}
