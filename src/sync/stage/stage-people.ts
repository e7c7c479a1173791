import type { ContactValues, Fills, TextField } from '../../core/contact.ts';
import type { Entry } from '../../core/directory.ts';
import type { LogCode } from '../../core/run.ts';
import type { IndexedText } from '../../core/search-index.ts';
import { planPositions, type StagedRows } from '../../core/sync-store.ts';
import { uuidV7 } from '../../core/uuid.ts';
import { type Digest, hexOf, readHex } from './digest.ts';
import { entryText } from './entry-text.ts';
import type { KnownPeople } from './known-people.ts';
import { RowBuffers } from './row-buffers.ts';
import { stageRow } from './stage-row.ts';

export type StagingParts = {
  workspaceId: string;
  runId: string;
  /** All settings that decide what becomes of an entry, so that everybody is looked at again when one changes. */
  settingsText: string;
  known: KnownPeople;
  index: (values: ContactValues) => IndexedText;
  onRows: (rows: StagedRows) => void;
  /** Called once for each distinct pattern, before a row refers to it. */
  onFills: (id: string, fields: Fills) => void;
};

/** A person in scope, as mapped. */
export type ArrivedPerson = {
  person: string;
  personId: string;
  linked: boolean;
  hashHex: string;
  values: ContactValues;
  fills: Fills;
  alternatives: { [field in TextField]?: string[] } | undefined;
  remarks: readonly string[];
};

/** Puts the new and changed people of a read on the way into the plan, as rows in the order of their arrival. */
export class Staging {
  readonly #parts: StagingParts;
  readonly #rows: ReturnType<typeof stageRow>;
  readonly #buffers: RowBuffers;
  readonly #salt: string;
  readonly #hash: Digest = new Uint32Array(4);
  readonly #fillsIds = new Map<Fills, string>();
  #position: number = planPositions.people;

  constructor(parts: StagingParts) {
    this.#parts = parts;
    this.#rows = stageRow(parts.workspaceId, parts.runId);
    this.#buffers = new RowBuffers(parts.onRows);
    this.#salt = hexOf(parts.settingsText);
  }

  /** The hash by which an entry is known again. */
  hash(entry: Entry): string {
    return hexOf(this.#salt + entryText(entry));
  }

  /** Whether the person who arrived last is linked and brings what they brought the last time. */
  isUnchanged(hashHex: string): boolean {
    readHex(hashHex, 0, this.#hash);
    return this.#parts.known.isUnchanged(this.#hash);
  }

  add({ person, personId, linked, hashHex, values, fills, alternatives, remarks }: ArrivedPerson): void {
    this.#buffers.add(
      this.#rows.person({
        position: this.#position++,
        action: linked ? 'UPDATE' : 'CREATE',
        person,
        personId,
        contactId: uuidV7(),
        values,
        alternatives,
        hashHex,
        fillsId: this.#fillsId(fills),
        indexed: this.#parts.index(values),
        remark: remarks.length === 0 ? null : remarks.join(' '),
      }),
    );
  }

  skip(person: string, personId: string | null, code: LogCode, reason: string): void {
    this.#buffers.add(this.#rows.skipped({ position: this.#position++, person, personId, code, reason }));
  }

  flush(): void {
    this.#buffers.flush();
  }

  #fillsId(fills: Fills): string {
    const known = this.#fillsIds.get(fills);
    if (known !== undefined) return known;
    const hex = hexOf(JSON.stringify(Object.entries(fills).sort()));
    const id = `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
    this.#fillsIds.set(fills, id);
    this.#parts.onFills(id, fills);
    return id;
  }
}
