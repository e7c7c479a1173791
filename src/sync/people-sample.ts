import type { FieldMapping } from '../core/connection.ts';
import type { ExclusionReason } from '../core/run.ts';
import { mostNamed } from '../core/source-session.ts';
import { mappedFields } from './map/mapped-fields.ts';
import type { MappingOutcome } from './map/person-in-work.ts';
import type { ReadSample, SampleWish, SeenPerson } from './read-messages.ts';

/** A person in scope, and the result of the mapping; null: nothing was mapped. */
export type TakenIn = {
  id: string | null;
  name: string;
  /** Called only for people who are kept. */
  mapped: () => MappingOutcome | null;
  skipped: string | null;
};

/** Keeps some of the people in scope that a read brings, for a preview. */
export class PeopleSample {
  readonly #wish: SampleWish;
  readonly #mappings: readonly FieldMapping[];
  readonly #watched: ReadonlySet<string>;
  readonly #people: SeenPerson[] = [];
  readonly #seen: SeenPerson[] = [];
  readonly #leftOut: ReadSample['leftOut'] = {};

  constructor(wish: SampleWish, mappings: readonly FieldMapping[]) {
    this.#wish = wish;
    this.#mappings = mappings;
    this.#watched = new Set(wish.watched);
  }

  get result(): ReadSample {
    return { people: this.#people, watched: this.#seen, leftOut: this.#leftOut };
  }

  watches(id: string): boolean {
    return this.#watched.has(id);
  }

  leaveOut(name: string, reason: ExclusionReason): void {
    this.#leftOut[reason] ??= [];
    if (this.#leftOut[reason].length < mostNamed) this.#leftOut[reason].push(name);
  }

  take({ id, name, mapped, skipped }: TakenIn): void {
    const isWatched = id !== null && this.watches(id);
    const isWanted = this.#people.length < this.#wish.people;
    if (!isWatched && !isWanted) return;
    const outcome = mapped();
    const isDraft = outcome?.kind === 'draft';
    const seen: SeenPerson = {
      id,
      name,
      fields: isDraft ? mappedFields(this.#mappings, outcome.draft.values, outcome.draft.fills) : [],
      remarks: isDraft ? outcome.remarks : [],
      skipped,
    };
    if (isWanted) this.#people.push(seen);
    if (isWatched) this.#seen.push(seen);
  }
}
