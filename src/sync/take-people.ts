import type { Extent } from '../core/arrivals.ts';
import type { ConnectionSettings } from '../core/connection.ts';
import { type ContactField, type ContactValues, type Fills, primaryEmailOnce } from '../core/contact.ts';
import type { AttributeNames, Entry } from '../core/entry.ts';
import type { Rank } from '../core/plan.ts';
import { addFinding, type Finding } from '../core/quality.ts';
import { ExclusionReason, type LogCode } from '../core/run.ts';
import type { AskAgain } from './ask-again.ts';
import { type CompiledMapping, compileMapping } from './map/compile-mapping.ts';
import { firstNote, isStaged, noteOf, outcomes, reasonOfNote } from './outcomes.ts';
import type { PeopleSample } from './people-sample.ts';
import { freeAddress, type PlanSettings, planPerson } from './plan/plan-person.ts';
import type { ReadCounts } from './read-messages.ts';
import { type CompiledRules, compileRules } from './scope/compile-rules.ts';
import { scopeDraft, scopeEntry, stillOut } from './scope/scope-person.ts';
import type { Source } from './source/source-module.ts';
import type { Digest } from './stage/digest.ts';
import type { KnownPeople } from './stage/known-people.ts';
import { readLeftOut, writeLeftOut } from './stage/left-out.ts';
import type { Staging } from './stage/stage-people.ts';

function noneRead(): ReadCounts {
  return { read: 0, inScope: 0, unchanged: 0, withoutId: 0, excluded: {} };
}

/** By a person's id: the position below which their rows are void, because a later arrival replaced them. */
export type TakenBack = ReadonlyMap<string, number>;

/** Why somebody is skipped. */
type Skipped = { code: LogCode; reason: string; findings: readonly Finding[] };

type Parts = {
  settings: ConnectionSettings;
  rank: Rank;
  source: Pick<Source, 'attributes' | 'appliesRules'>;
  known: KnownPeople;
  staging: Staging;
  again: AskAgain;
  /** Null: nobody is shown. */
  sample: PeopleSample | null;
};

/** Takes people in as they arrive: applies the scope, maps, stages and counts. */
export class TakePeople {
  counts: ReadCounts = noneRead();
  /** The attributes to ask for. */
  readonly attributes: readonly string[];
  readonly #settings: ConnectionSettings;
  readonly #planSettings: PlanSettings;
  readonly #names: AttributeNames;
  readonly #known: KnownPeople;
  readonly #staging: Staging;
  readonly #again: AskAgain;
  readonly #sample: PeopleSample | null;
  readonly #mapping: CompiledMapping;
  readonly #rules: CompiledRules | null;
  readonly #takenBack = new Map<string, number>();

  constructor({ settings, rank, source, known, staging, again, sample }: Parts) {
    this.#settings = settings;
    this.#planSettings = { mappings: settings.mappings, matchBy: settings.matchBy, rank };
    this.#names = source.attributes;
    this.#known = known;
    this.#staging = staging;
    this.#again = again;
    this.#sample = sample;
    this.#mapping = compileMapping(settings.mappings, source.attributes);
    const asked = this.#mapping.attributes;
    this.#rules = source.appliesRules === 'here' ? compileRules(settings.scope, asked, source.attributes) : null;
    this.attributes = this.#rules?.attributes ?? asked;
  }

  get takenBack(): TakenBack {
    return this.#takenBack;
  }

  /** 'new': the person has not arrived before in this read. People without an id are never 'new'. */
  take(entry: Entry, extent: Extent): 'new' | 'not new' {
    const { id, name, unfit } = entry;
    if (id === null) {
      this.counts.read++;
      this.counts.inScope++;
      this.counts.withoutId++;
      const reason = unfit ?? noId;
      const findings = [{ kind: 'MISSING_VALUE', field: null, message: reason } as const];
      this.#staging.skip({ person: name, personId: null, code: 'NO_ID', reason, findings });
      this.#sample?.take({ id, name, mapped: () => null, skipped: unfit ?? noId });
      return 'not new';
    }
    let arrival = this.#known.arrive(id);
    const again = arrival === 'again';
    if (arrival === 'again') {
      if (extent === 'everybody') return 'not new';
      this.#takeBack(id);
      arrival = this.#known.arrive(id);
    }
    this.counts.read++;
    const scoped = scopeEntry(entry, this.#settings.scope, this.#rules);
    if (scoped.kind === 'out') this.#exclude(scoped.reason, name);
    else if (unfit !== null) {
      const findings = [{ kind: 'UNDECODABLE', field: null, message: placed(entry, unfit) } as const];
      this.#skip(entry, id, { code: 'MALFORMED_VALUE', reason: unfit, findings });
    } else this.#takeInScope(entry, id, arrival === 'linked');
    if (isStaged(this.#known.note)) this.#again.addStaged(id);
    return again ? 'not new' : 'new';
  }

  /** Loads the people whom the last read left out, with the reasons. */
  remember(leftOut: Uint8Array): void {
    readLeftOut(leftOut, (id, reason) => this.#known.addLeftOut(id, noteOf[reason]));
  }

  /** The people whom this read has left out, for the next call of `remember`. */
  leftOut(): Uint8Array {
    const people: { id: Digest; reason: ExclusionReason }[] = [];
    this.#known.forEachNoted(
      (note) => reasonOfNote.has(note),
      (id, note) => {
        const reason = reasonOfNote.get(note);
        if (reason !== undefined) people.push({ id, reason });
      },
    );
    return writeLeftOut(people);
  }

  /** Forgets who has arrived so far. Allowed only while nobody is staged. */
  startOver(): void {
    this.#known.forgetArrivals();
    this.counts = noneRead();
  }

  /** Takes in somebody whose entry is unchanged since the last read. `leftOut`: see `Arrivals.unchanged`. */
  stay(id: string, leftOut: ExclusionReason | null): 'known' | 'again' | 'wanted' {
    const known = this.#known;
    if (!known.select(id)) return 'wanted';
    if (known.note !== 0) return 'again';
    const before = reasonOfNote.get(known.noteBefore) ?? null;
    if (before === null && !known.isSettled) return 'wanted';
    const reason = before === null ? leftOut : stillOut(before, leftOut);
    if (before !== null && reason === null) return 'wanted';
    known.arriveSelected();
    this.counts.read++;
    if (reason !== null) this.#exclude(reason, null);
    else this.#takeUnchanged();
    return 'known';
  }

  /** Takes in all people who have not been mentioned, as the last read did. */
  stayOthers(): void {
    const known = this.#known;
    known.forEachUnmentioned(() => {
      const reason = reasonOfNote.get(known.noteBefore) ?? null;
      known.arriveSelected();
      this.counts.read++;
      if (reason !== null) this.#exclude(reason, null);
      else this.#takeUnchanged();
    });
  }

  #takeUnchanged(): void {
    this.#known.markPresent();
    this.#known.note = noteOf.unchanged;
    this.counts.inScope++;
    this.counts.unchanged++;
  }

  /** Notes that somebody is gone, even if they arrived earlier in this read. */
  leave(id: string): void {
    if (this.#known.depart(id) && this.#known.note !== 0) this.#takeBack(id);
  }

  #takeInScope(entry: Entry, id: string, linked: boolean): void {
    const hash = this.#staging.hash(entry);
    if (!linked || !this.#known.isUnchanged(hash) || this.#sample?.watches(id)) {
      this.#map(entry, id, linked, hash);
      return;
    }
    this.#takeUnchanged();
    this.#sample?.take({ id, name: entry.name, mapped: () => this.#mapping.map(entry), skipped: null });
  }

  /** Notes that somebody is present and that their contact is left alone. */
  #skip(entry: Entry, id: string, { code, reason, findings }: Skipped): void {
    this.#known.markPresent();
    this.#known.note = noteOf.skipped;
    this.counts.inScope++;
    this.#staging.skip({ person: entry.name, personId: id, code, reason: placed(entry, reason), findings });
    this.#sample?.take({ id, name: entry.name, mapped: () => null, skipped: placed(entry, reason) });
  }

  #map(entry: Entry, id: string, linked: boolean, hash: Digest): void {
    const outcome = this.#mapping.map(entry);
    const findings = entry.undecodable.length === 0 ? outcome.findings : this.#findings(entry, outcome.findings);
    if (outcome.kind === 'problem') {
      this.#skip(entry, id, { code: outcome.code, reason: outcome.message, findings });
      return;
    }
    const { draft, alternatives } = outcome;
    const lost =
      draft.values.PRIMARY_EMAIL === undefined &&
      entry.undecodable.find((name) => this.#fieldOf(name) === 'PRIMARY_EMAIL');
    if (lost) {
      const reason = `A value of ${lost} is not valid text, so the address is not known.`;
      this.#skip(entry, id, { code: 'MALFORMED_EMAIL', reason, findings });
      return;
    }
    const scoped = scopeDraft(draft, this.#settings.scope);
    if (scoped.kind === 'out') {
      this.#exclude(scoped.reason, entry.name);
      return;
    }
    this.#known.markPresent();
    // A linked person's values are compared with the contact, which may have another primary address.
    const values = linked ? draft.values : primaryEmailOnce(draft.values);
    const decided = linked ? 'undecided' : this.#decide(entry.name, values, draft.fills);
    const lostValues = entry.undecodable.map((name) => undecodable(entry, name));
    const remarks = lostValues.length === 0 ? outcome.remarks : [...outcome.remarks, ...lostValues];
    this.#sample?.take({ id, name: entry.name, mapped: () => ({ ...outcome, remarks }), skipped: null });
    this.#known.note = noteOf[decided];
    this.counts.inScope++;
    this.#staging.add({
      person: entry.name,
      personId: id,
      decided,
      hash,
      values,
      fills: draft.fills,
      alternatives,
      remarks,
      findings,
    });
  }

  /** Decides about a newcomer as if their address were free. If it is not, planning decides again. */
  #decide(person: string, values: ContactValues, fills: Fills): 'created' | 'undecided' {
    const alone = { person, values, alternatives: {}, fills, linked: null, ...freeAddress };
    return planPerson(alone, this.#planSettings).kind === 'create' ? 'created' : 'undecided';
  }

  /** The findings about an entry with values that could not be decoded. A field that lacks its value because of that is not called empty, too. */
  #findings(entry: Entry, ofMapping: readonly Finding[]): readonly Finding[] {
    const fields = entry.undecodable.map((name) => this.#fieldOf(name));
    let findings: readonly Finding[] = ofMapping.filter(
      ({ kind, field }) => kind !== 'MISSING_VALUE' || !fields.includes(field),
    );
    for (const [i, name] of entry.undecodable.entries())
      findings = addFinding(findings, {
        kind: 'UNDECODABLE',
        field: fields[i] ?? null,
        message: undecodable(entry, name),
      });
    return findings;
  }

  /** The field that an attribute is mapped to; the primary email before all others. Null: only templates use it, or nothing. */
  #fieldOf(attribute: string): ContactField | null {
    const { keyOf } = this.#names;
    const mapped = this.#settings.mappings.filter(({ attributes }) =>
      attributes.some((name) => keyOf(name) === keyOf(attribute)),
    );
    return (mapped.find(({ field }) => field === 'PRIMARY_EMAIL') ?? mapped[0])?.field ?? null;
  }

  /** `name`: null if it is unknown. */
  #exclude(reason: ExclusionReason, name: string | null): void {
    if (name !== null) this.#sample?.leaveOut(name, reason);
    this.#known.note = noteOf[reason];
    this.counts.excluded[reason] = (this.counts.excluded[reason] ?? 0) + 1;
  }

  /** Undoes the counting and staging of the selected person, who arrived earlier. */
  #takeBack(id: string): void {
    const outcome = outcomes[this.#known.note - firstNote];
    if (outcome === undefined) throw new Error('Somebody was taken in, and nothing became of them.');
    this.#known.takeBack();
    this.counts.read--;
    if (outcome in ExclusionReason) {
      const reason = outcome as ExclusionReason;
      this.counts.excluded[reason] = (this.counts.excluded[reason] ?? 0) - 1;
      return;
    }
    this.counts.inScope--;
    if (outcome === 'unchanged') this.counts.unchanged--;
    else {
      this.#staging.staged[outcome as 'created' | 'undecided' | 'skipped']--;
      this.#takenBack.set(id, this.#staging.position);
    }
  }
}

/** A reason, with the person's place in the source before it. */
function placed({ place }: Entry, reason: string): string {
  return place === undefined ? reason : `${place}: ${reason}`;
}

const noId = 'There is no value for the attribute that identifies people.';

function undecodable(entry: Entry, attribute: string): string {
  return placed(entry, `Values of ${attribute} were left out: they are not valid text, too large, or too many.`);
}
