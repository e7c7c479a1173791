import type { AskedAgain } from '../core/source-session.ts';
import type { PeopleRead } from './read-memory.ts';
import type { ReadCounts } from './read-messages.ts';
import type { KnownPeople } from './stage/known-people.ts';
import { mostLeftOut } from './stage/left-out.ts';

/** The most people who are gathered for each cause. With more of them, reading everybody costs less. */
const most = 2000;

/**
 * Gathers the people whom a run must see although their entries may be unchanged: linked people who are not settled,
 * and people whom the last read staged without a result. A source that reports only changes is asked for them. It also
 * gathers the people whom this read stages, for the next run.
 */
export class AskAgain {
  readonly #known: KnownPeople;
  readonly #unsettled: string[] = [];
  readonly #staged: string[] = [];
  #last: PeopleRead | null = null;

  constructor(known: KnownPeople) {
    this.#known = known;
  }

  /** Adds the people whom the last read remembered; null: they are not known. */
  remember(last: PeopleRead | null): void {
    this.#last = last;
  }

  /** Adds a linked person who must be checked again. */
  addUnsettled(id: string): void {
    if (this.#unsettled.length <= most) this.#unsettled.push(id);
  }

  addStaged(id: string): void {
    if (this.#staged.length <= most) this.#staged.push(id);
  }

  /** The people of this read, for the next call of `remember`. Null: too many people were staged or left out. */
  ofThisRead({ read, excluded }: ReadCounts): PeopleRead | null {
    const leftOut = Object.values(excluded).reduce((sum, count) => sum + count, 0);
    return this.#staged.length > most || leftOut > mostLeftOut ? null : { read, staged: this.#staged };
  }

  /** Call it when all known people are loaded. */
  answer(): AskedAgain {
    const staged = this.#last === null ? null : this.#unsettledSince(this.#last);
    const ids = staged === null ? null : [...new Set([...staged, ...this.#unsettled])];
    return { ids: ids !== null && ids.length > most ? null : ids, known: this.#known.count };
  }

  /** Null: the known people are not those whom the last read brought, because links were removed or added since. */
  #unsettledSince({ read, staged }: PeopleRead): string[] | null {
    const known = this.#known;
    const unknown = staged.filter((id) => !known.select(id) || !known.isThere);
    if (known.countThere() + unknown.length !== read) return null;
    return staged.filter((id) => !known.select(id) || (known.noteBefore === 0 && !known.isSettled));
  }
}
