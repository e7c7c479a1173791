import type { ContactValues, FieldKey, Fills, IndexedText, TextField } from '../../core/contact.ts';
import type { Entry, PersonNames } from '../../core/entry.ts';
import type { FilledFields, Finding } from '../../core/quality.ts';
import { remember } from '../../core/remember.ts';
import { planPositions, type StagedCounts } from '../../core/sync-store.ts';
import { uuidBytes, uuidText } from '../../core/uuid.ts';
import { ClaimedAddresses } from './claimed-addresses.ts';
import { type Digest, digestId, digestText, hexOf, readBytes } from './digest.ts';
import { entryText } from './hashed-text.ts';
import { RowWriter } from './row-writer.ts';
import { type SkippedPerson, stageRow } from './stage-row.ts';

/** What staging needs, and where its results go. */
export type StagingParts = {
  workspaceId: string;
  runId: string;
  /** See `settingsText` in hashed-text.ts. */
  settingsText: string;
  index: (values: ContactValues) => IndexedText;
  /** Null: no manager is mapped, so nobody needs to be found by name. */
  people: PersonNames | null;
  /** Gets each buffer of rows when it is full. */
  onRows: (bytes: Uint8Array) => void;
  /** Gets each pattern of fills before a row refers to it. The same pattern can come again after very many others. */
  onFills: (id: string, fields: Fills) => void;
};

/** A person in scope, mapped. */
export type ArrivedPerson = {
  person: string;
  personId: string;
  /** 'created' if it is already known that a contact is created. */
  decided: 'created' | 'undecided';
  /** The result of `hash` for the entry. */
  hash: Digest;
  values: ContactValues;
  fills: Fills;
  alternatives: { [field in TextField]?: string[] } | undefined;
  remarks: readonly string[];
  findings: readonly Finding[];
};

/** Writes the new and changed people of a read as rows of the plan, in the order of their arrival. */
export class Staging {
  readonly staged: StagedCounts = { created: 0, undecided: 0, skipped: 0, addressesDiffer: true };
  /** How many of the written people have a manager. */
  withManager = 0;
  /** How many of the written people have findings. */
  withFindings = 0;
  readonly #parts: StagingParts;
  readonly #writer: RowWriter;
  readonly #rows: ReturnType<typeof stageRow>;
  readonly #addresses = new ClaimedAddresses();
  /** The digest of the settings. It is part of every hash, so that other settings give other hashes. */
  readonly #salt: Digest = new Uint32Array(4);
  /** Part of the digest of every name: one index holds those of all workspaces, and different directories may use the same names. */
  readonly #workspace: Digest = new Uint32Array(4);
  readonly #hash: Digest = new Uint32Array(4);
  readonly #personRef: Digest = new Uint32Array(4);
  /** Remembered, because many people have the same manager. */
  readonly #refOfManager: (manager: string) => Digest;
  /** Weak, because a source with many empty fields can have a pattern for each person. */
  readonly #patterns = new WeakMap<Fills, Pattern>();
  /** The patterns whose people are counted together. */
  readonly #counted: Pattern[] = [];
  /** How many people were mapped, also those whose row was taken back later. */
  #mapped = 0;
  /** The fields of people with other patterns. */
  readonly #filled: Record<FieldKey, number> = {};
  #position: number = planPositions.people;

  constructor(parts: StagingParts) {
    this.#parts = parts;
    this.#writer = new RowWriter(parts.onRows);
    this.#rows = stageRow(this.#writer, parts.workspaceId, parts.runId);
    digestText(parts.settingsText, this.#salt);
    digestId(parts.workspaceId, this.#workspace);
    this.#refOfManager = remember((manager) => {
      const key: Digest = new Uint32Array(4);
      this.#digestName(parts.people?.ofValue(manager) ?? '', key);
      return key;
    });
  }

  /** The position of the next row. */
  get position(): number {
    return this.#position;
  }

  /** The hash by which an unchanged entry is recognized. The result is valid until the next call. */
  hash(entry: Entry): Digest {
    const hash = this.#hash;
    if (entry.said === null) digestText(entryText(entry), hash);
    else readBytes(entry.said, hash);
    salt(hash, this.#salt);
    return hash;
  }

  #digestName(name: string, into: Digest): void {
    digestText(name, into);
    salt(into, this.#workspace);
  }

  add({ person, personId, decided, hash, values, fills, alternatives, remarks, findings }: ArrivedPerson): void {
    const { people } = this.#parts;
    this.staged[decided]++;
    const indexed = this.#parts.index(values);
    if (indexed.emailKey !== null) this.#addresses.add(indexed.emailKey);
    this.staged.addressesDiffer = this.#addresses.allDiffer;
    if (values.MANAGER !== undefined) this.withManager++;
    if (findings.length > 0) this.withFindings++;
    const pattern = this.#patternOf(fills);
    this.#mapped++;
    if (pattern.people !== null) pattern.people++;
    else addFields(this.#filled, pattern.keys, 1);
    if (people !== null) this.#digestName(people.ofPerson({ name: person, id: personId }), this.#personRef);
    this.#rows.person({
      position: this.#position++,
      action: decided === 'created' ? 'CREATE' : null,
      person,
      personId,
      values,
      alternatives,
      hash,
      fillsId: pattern.id,
      personRef: people === null ? null : this.#personRef,
      managerRef: people === null || values.MANAGER === undefined ? null : this.#refOfManager(values.MANAGER),
      indexed,
      remark: remarks.length === 0 ? null : remarks.join(' '),
      findings,
    });
  }

  skip(skipped: Omit<SkippedPerson, 'position'>): void {
    this.staged.skipped++;
    if (skipped.findings.length > 0) this.withFindings++;
    this.#rows.skipped({ position: this.#position++, ...skipped });
  }

  flush(): void {
    this.#writer.flush();
  }

  /** Takes back the memory of stored rows. */
  takeBack(memory: ArrayBuffer): void {
    this.#writer.takeBack(memory);
  }

  /** The fields of everybody who was mapped. */
  filled(): FilledFields {
    const byKey = { ...this.#filled };
    for (const { keys, people } of this.#counted) addFields(byKey, keys, people ?? 0);
    return { people: this.#mapped, byKey };
  }

  #patternOf(fills: Fills): Pattern {
    const known = this.#patterns.get(fills);
    if (known !== undefined) return known;
    const id = uuidText(hexOf(JSON.stringify(Object.entries(fills).sort())));
    const isCounted = this.#counted.length < mostCounted;
    const pattern = { id: uuidBytes(id), keys: Object.keys(fills), people: isCounted ? 0 : null };
    this.#patterns.set(fills, pattern);
    if (isCounted) this.#counted.push(pattern);
    this.#parts.onFills(id, fills);
    return pattern;
  }
}

/** Makes a digest another one, in a way that depends on the salt. */
function salt(digest: Digest, by: Digest): void {
  for (let i = 0; i < 4; i++) digest[i] = (digest[i] ?? 0) ^ (by[i] ?? 0);
}

/** `keys`: of the fields that it fills. `people`: how many have the pattern; null: they are not counted together. */
type Pattern = { id: Uint8Array; keys: readonly FieldKey[]; people: number | null };

/** Patterns that are kept in memory, so that people who have the same one cost no more than one count. */
const mostCounted = 1000;

function addFields(byKey: Record<FieldKey, number>, keys: readonly FieldKey[], people: number): void {
  for (const key of keys) byKey[key] = (byKey[key] ?? 0) + people;
}
