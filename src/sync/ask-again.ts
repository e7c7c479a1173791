import type { AskedAgain } from '../core/source-session.ts';
import type { PeopleRead } from './read-memory.ts';
import type { ReadCounts } from './read-messages.ts';
import type { KnownPeople } from './stage/known-people.ts';
import { mostLeftOut } from './stage/left-out.ts';

/** People who are gathered for each cause, at most. With more of them it is better to go through everybody. */
const most = 2000;

/**
 * Gathers whom a run must see although their entries may be as before: linked people who are not settled, and people whom the last
 * read staged and of whom nothing came. A source that tells only of changes is asked for them. And it gathers whom this read stages,
 * for the next run.
 */
export class AskAgain {
  readonly #known: KnownPeople;
  readonly #unsettled: string[] = [];
  readonly #staged: string[] = [];
  #last: PeopleRead | null = null;

  constructor(known: KnownPeople) {
    this.#known = known;
  }

  /** Takes over what the last read remembered; null: that is not known. */
  remember(last: PeopleRead | null): void {
    this.#last = last;
  }

  /** Adds a linked person who must be looked at again. */
  addUnsettled(id: string): void {
    if (this.#unsettled.length <= most) this.#unsettled.push(id);
  }

  addStaged(id: string): void {
    if (this.#staged.length <= most) this.#staged.push(id);
  }

  /** For `remember`. Null: too many were staged, or left out, to be remembered. */
  ofThisRead({ read, excluded }: ReadCounts): PeopleRead | null {
    const leftOut = Object.values(excluded).reduce((sum, count) => sum + count, 0);
    return this.#staged.length > most || leftOut > mostLeftOut ? null : { read, staged: this.#staged };
  }

  /** To be called when all known people are loaded. */
  answer(): AskedAgain {
    const staged = this.#last === null ? null : this.#unsettledSince(this.#last);
    const ids = staged === null ? null : [...new Set([...staged, ...this.#unsettled])];
    return { ids: ids !== null && ids.length > most ? null : ids, known: this.#known.count };
  }

  /** Null: not all whom the last read brought are known now, because links were removed since, or others are known, too. */
  #unsettledSince({ read, staged }: PeopleRead): string[] | null {
    const known = this.#known;
    const unknown = staged.filter((id) => !known.select(id) || !known.isThere);
    if (known.countThere() + unknown.length !== read) return null;
    return staged.filter((id) => !known.select(id) || (known.noteBefore === 0 && !known.isSettled));
  }
}
