import type { Socket } from 'node:net';
import { Client, type Control, DN, type Filter, ResultCodeError } from 'ldapts';
import { AppError } from '../../../core/app-error.ts';
import { saidText } from '../../../core/outside-text.ts';
import { alertOf } from '../net/tls.ts';
import { type Allowance, allowances, type Lateness, watchAnswer } from './answer-limits.ts';
import type { LdapUrl } from './ldap-url.ts';
import { type LdapResult, PageControl } from './search-result.ts';
import type { SearchSink, Wire } from './wire.ts';

/** One search request. */
export type LdapSearch = {
  baseDn: string;
  scope: 'base' | 'one' | 'sub';
  filter: Filter;
  attributes: readonly string[];
  /** An empty cookie asks for the first page. Left out: no paging. */
  page?: { size: number; cookie: Buffer };
  /** How long the server may search; left out: timeoutSeconds. A server that stops by itself answers with result 3. */
  timeLimitSeconds?: number;
  /** Further controls. */
  controls?: readonly Control[];
  /** Limits for the answer; left out: those of a page. */
  allowance?: Allowance;
};

/** A server's answer to a bind or an extended operation, when it was not success. */
export class ServerRefusal extends Error {
  readonly code: number;

  /** The message is the server's, cleaned by `saidText`. A secret that we sent is replaced in it. */
  constructor({ code, message }: ResultCodeError, secret: string) {
    const words = message.replace(/ Code: 0x[\da-f]+$/i, '');
    super(saidText(secret === '' ? words : words.replaceAll(secret, '…')));
    this.code = code;
  }
}

/** A name for signing in, sent unchanged. ldapts takes some texts, such as PLAIN, for a SASL mechanism. */
class PlainName extends DN {
  readonly #text: string;

  constructor(text: string) {
    super();
    this.#text = text;
  }

  override toString(): string {
    return this.#text;
  }
}

const whoAmIOid = '1.3.6.1.4.1.4203.1.11.3';
/** The server's answer about its own time limit should arrive before our limit ends the connection. */
const timeoutGraceMs = 500;
/** The longest wait until the unbind is sent. */
const leaveMs = 1000;

/**
 * One connection to one server: ldapts on a Wire. It never reconnects. After the connection is lost, every operation fails with
 * the reason: an AppError, or the reason of the signal that ended it.
 */
export class LdapConnection {
  readonly url: LdapUrl;
  readonly timeoutSeconds: number;
  readonly #wire: Wire;
  readonly #client: Client;
  readonly #lost: Promise<never>;
  /** Whether a search is kept open. Then not all that arrives is an answer to our last request. */
  #keepsOpen = false;

  constructor(url: LdapUrl, wire: Wire, timeoutSeconds: number) {
    this.url = url;
    this.timeoutSeconds = timeoutSeconds;
    this.#wire = wire;
    let used = false;
    const createConnection = (): Socket => {
      if (used) throw this.#reason();
      used = true;
      // ldapts uses only what a Duplex has, and `connecting` and `readyState`, which Wire adds.
      return wire as unknown as Socket;
    };
    this.#client = new Client({ url: 'ldap://wire', createConnection });
    this.#lost = new Promise((_resolve, reject) => wire.once('close', () => reject(this.#reason())));
    this.#lost.catch(() => {});
  }

  get isOpen(): boolean {
    return !this.#wire.destroyed;
  }

  /** Ends the connection when the signal aborts. Returns a function that stops listening to the signal. */
  obey(signal: AbortSignal): () => void {
    const abort = (): void => this.#wire.fail(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    return () => signal.removeEventListener('abort', abort);
  }

  /** Ends the connection because of this error about an entry that it has sent. Returns the error that its operations fail with. */
  refuse(error: unknown): unknown {
    return this.#wire.refuse(error);
  }

  /** Asks for StartTLS. Afterwards the Wire's socket must be given to TLS. Throws ServerRefusal when refused. */
  async askForTls(): Promise<void> {
    await this.#operate(allowances.reply, () => this.#client.exop('1.3.6.1.4.1.1466.20037'));
  }

  /** Throws ServerRefusal when refused. */
  async bind(dn: string, password: string): Promise<void> {
    await this.#operate(allowances.reply, () => this.#client.bind(new PlainName(dn), password), password);
  }

  /** SASL EXTERNAL: signs in as the account of our TLS certificate. Throws ServerRefusal when refused. */
  async bindExternal(): Promise<void> {
    await this.#operate(allowances.reply, () => this.#client.bindSASL('EXTERNAL'));
  }

  /** The account as which the server has signed us in (RFC 4532). Null: the server does not say. */
  async whoAmI(): Promise<string | null> {
    try {
      return (await this.#operate(allowances.reply, () => this.#client.exop(whoAmIOid))).value ?? '';
    } catch (error) {
      if (error instanceof ServerRefusal) return null;
      throw error;
    }
  }

  /**
   * Does one search, or one page of it. Entries and references go to the sink as they come. Returns the server's result, good or
   * bad. Referrals are not followed, aliases are not resolved, and no size limit is set.
   */
  async search(request: LdapSearch, sink: Omit<SearchSink, 'done'>): Promise<LdapResult> {
    const { allowance = allowances.page, timeLimitSeconds = this.timeoutSeconds } = request;
    return this.#search(request, sink, timeLimitSeconds, (send) => this.#operate(allowance, send));
  }

  /**
   * Sends a search that the server keeps open, and answers whenever something changes. Returns the result with which
   * the server ends it. It has no time limit. Other requests check whether the server is alive, and each of them renews
   * the limit for the bytes of the search.
   */
  async keepOpen(request: LdapSearch, sink: Omit<SearchSink, 'done'>): Promise<LdapResult> {
    this.#keepsOpen = true;
    if (!this.isOpen) throw this.#reason();
    this.#allow(allowances.watch);
    return this.#search(request, sink, 0, (send) => this.#settled(send()));
  }

  async #search(
    { baseDn, scope, filter, attributes, page, controls = [] }: LdapSearch,
    { entry, references, intermediate }: Omit<SearchSink, 'done'>,
    timeLimit: number,
    operate: (send: () => Promise<unknown>) => Promise<unknown>,
  ): Promise<LdapResult> {
    const options = { scope, filter, attributes: [...attributes], timeLimit };
    const all = page === undefined ? [...controls] : [...controls, new PageControl(page.size, page.cookie)];
    const outcome: { result: LdapResult | null } = { result: null };
    const done = (result: LdapResult): void => {
      outcome.result = result;
    };
    this.#wire.expectSearch({ pageSize: page?.size, entry, references, intermediate, done });
    try {
      await operate(() => this.#client.search(baseDn, options, all));
    } catch (error) {
      if (!(error instanceof ServerRefusal)) throw error;
    }
    if (outcome.result === null) throw new Error('a search ended without a result');
    return outcome.result;
  }

  /** Sends an unbind if the connection is still open, and closes. */
  async close(): Promise<void> {
    if (this.isOpen && this.#client.isConnected) {
      const patience = Promise.withResolvers<void>();
      const timer = setTimeout(patience.resolve, leaveMs);
      await Promise.race([this.#client.unbind().catch(() => {}), patience.promise]);
      clearTimeout(timer);
    }
    this.#wire.destroy();
  }

  async #operate<T>(allowance: Allowance, work: () => Promise<T>, secret = ''): Promise<T> {
    if (!this.isOpen) throw this.#reason();
    const limits = this.#keepsOpen ? allowances.watch : allowance;
    this.#allow(limits);
    const stop = this.#watch(limits);
    try {
      return await this.#settled(work(), secret);
    } finally {
      stop();
    }
  }

  #allow(allowance: Allowance): void {
    this.#wire.allow(allowance, (what) => this.#tooMuch(allowance, what));
  }

  async #settled<T>(work: Promise<T>, secret = ''): Promise<T> {
    try {
      return await Promise.race([work, this.#lost]);
    } catch (error) {
      if (error instanceof ResultCodeError) throw new ServerRefusal(error, secret);
      throw this.isOpen ? error : this.#reason();
    }
  }

  /** Ends the connection when nothing has come for too long, or when the whole answer takes too long. */
  #watch({ waits }: Allowance): () => void {
    const wire = this.#wire;
    const waitMs = this.timeoutSeconds * 1000;
    const times = { silentMs: waitMs + timeoutGraceMs, wholeMs: waits * waitMs + timeoutGraceMs };
    const late = (what: Lateness): void => wire.fail(this.#late(what, waits));
    return watchAnswer(times, () => wire.received, late);
  }

  #late(what: Lateness, waits: number): AppError {
    const { url } = this.url;
    const message =
      what === 'silent'
        ? `${url} has not answered within ${this.timeoutSeconds} s.`
        : `${url} sends so slowly that its answer was not complete within ${waits * this.timeoutSeconds} s.`;
    return new AppError('TIMEOUT', message, {
      hint: 'Raise timeoutSeconds or make pages smaller, and look whether the server or the network is overloaded.',
    });
  }

  #tooMuch({ bytes, messages }: Allowance, what: 'bytes' | 'messages'): AppError {
    const most = what === 'bytes' ? `${bytes / 1024 / 1024} MB` : `${messages} entries or messages`;
    return new AppError('INVALID_RESPONSE', `${this.url.url} sent more than ${most} in answer to one request.`, {
      hint: 'Make pages smaller if entries are large. Otherwise check that the URL leads to the right directory: a normal one does not send so much.',
    });
  }

  #reason(): unknown {
    const { failure, socketError: cause, heard } = this.#wire;
    if (failure !== null) return failure.reason;
    const alert = cause === null ? null : alertOf(cause);
    if (alert !== null) {
      return new AppError('TLS_FAILED', `${this.url.url} ended the encrypted connection: ${alert.reason}.`, {
        hint: 'Look at the client certificate in tlsCert and tlsKey: the server must trust its CA. It has its reasons in its own log.',
        cause,
      });
    }
    if (!heard) {
      return new AppError('UNREACHABLE', `${this.url.url} closed the connection without an answer.`, {
        hint: 'Check that the port is that of an LDAP server (ldaps:// needs the TLS port), and that it accepts connections from here.',
        cause,
      });
    }
    return new AppError(
      'CONNECTION_LOST',
      `The connection to ${this.url.url} was lost before the answer was complete.`,
      {
        hint: 'Run again. If it happens each time: look at the server, at firewalls and load balancers in between, or make pages smaller.',
        cause,
      },
    );
  }
}
