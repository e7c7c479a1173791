import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Arrivals } from '../../../core/arrivals.ts';
import type { LdapPerson, PersonDecoder } from './person-decoder.ts';
import { WaitingEntries } from './waiting-entries.ts';

/**
 * How many people are decoded and delivered in one turn of the event loop. The number is small, so that their objects are collected
 * early, which is cheap, and so that the end of a page is soon seen.
 */
const peopleAtOnce = 200;

/** With so many bytes waiting, the socket is not read further before some people are delivered. */
const mostWaitingBytes = 4 * 1024 * 1024;

type Parts = {
  decoder: PersonDecoder;
  arrivals: Arrivals;
  /** Called for each person whom the run has taken in. */
  taken: (person: LdapPerson) => void;
  /** Reads the rest of attributes of which only a part has come. The connection must be free. */
  finishRanges: () => Promise<void>;
  /** Ends the connection because of this error. Returns the error to be thrown. */
  refuse: (error: unknown) => unknown;
};

/**
 * Delivers people in the order in which they come. Entries only wait when they arrive; they are decoded in turns of the event loop,
 * between which the socket is read. So the end of a page is seen, and the next page requested, while the people of this page are
 * worked on, and the server need not wait for us.
 */
export class PeopleDelivery {
  readonly #parts: Parts;
  readonly #waiting = new WaitingEntries();
  /** The people who are decoded, but not delivered yet. */
  #people: LdapPerson[] = [];
  /** How many entries have come, how many of them belong to pages that have ended, and how many were delivered. */
  #come = 0;
  #ended = 0;
  #delivered = 0;
  #heldBack: Promise<void> | null = null;
  #news = 0;
  #scheduled: NodeJS.Immediate | null = null;
  /** Whether `deliverPage` works, or will do so at once. It has its own turns. */
  #isDelivering = false;
  #isOver = false;

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Takes an entry. Throws what `work` throws. */
  add(bytes: Buffer, start: number, end: number): void {
    this.#waiting.add(bytes, start, end);
    this.#come++;
    if (this.#waiting.size > mostWaitingBytes) this.#work();
    this.#schedule();
  }

  /** Notes that the page has ended. The connection is free until this resolves. */
  async endPage(): Promise<void> {
    this.#ended = this.#come;
    this.#isDelivering = true;
    if (this.#isUnfinished) await this.#parts.finishRanges();
  }

  /**
   * Delivers the rest of the ended page. `free` resolves when the connection is free again. Returns how many new people were delivered
   * since the last page.
   */
  async deliverPage(free: Promise<unknown>): Promise<number> {
    for (;;) {
      if (this.#isUnfinished) {
        await free;
        await this.#parts.finishRanges();
      }
      await this.#heldBack;
      if (this.#delivered >= this.#ended) break;
      try {
        this.#work();
      } catch (error) {
        throw this.#parts.refuse(error);
      }
      await nextTurn();
    }
    this.#isDelivering = false;
    this.#schedule();
    const news = this.#news;
    this.#news = 0;
    return news;
  }

  /** Delivers nobody any more. */
  close(): void {
    this.#isOver = true;
    if (this.#scheduled !== null) clearImmediate(this.#scheduled);
  }

  get #isUnfinished(): boolean {
    return this.#parts.decoder.unfinished.length > 0;
  }

  #schedule(): void {
    const enough = this.#waiting.count + this.#people.length >= peopleAtOnce;
    if (this.#scheduled !== null || this.#isDelivering || this.#isOver || !enough) return;
    this.#scheduled = setImmediate(() => {
      this.#scheduled = null;
      if (this.#isDelivering) return;
      try {
        this.#work();
        this.#schedule();
      } catch (error) {
        // Those who wait for the page hear of it, because the connection ends.
        this.#parts.refuse(error);
      }
    });
  }

  /** Decodes and delivers some people, unless the run must have a pause, or somebody's attributes must be finished first. */
  #work(): void {
    const { decoder, arrivals, taken } = this.#parts;
    if (this.#heldBack !== null) return;
    const decode = decoder.decode.bind(decoder);
    // People of the next page are not delivered together with those of a page that has ended.
    const most = this.#isDelivering ? Math.min(peopleAtOnce, this.#ended - this.#delivered) : peopleAtOnce;
    while (this.#people.length < most && this.#waiting.count > 0 && !this.#isUnfinished)
      this.#people.push(this.#waiting.take(decode));
    if (this.#isUnfinished || this.#people.length === 0) return;
    const people = this.#people;
    this.#people = [];
    this.#delivered += people.length;
    const brought = arrivals.present(people, taken);
    if (typeof brought === 'number') this.#news += brought;
    else this.#wait(brought);
  }

  #wait(brought: Promise<number>): void {
    this.#heldBack = brought.then((news) => {
      this.#news += news;
      this.#heldBack = null;
      this.#schedule();
    });
    // An error is thrown at the end of the page.
    this.#heldBack.catch(() => {});
  }
}
