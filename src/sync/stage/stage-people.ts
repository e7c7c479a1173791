import type { ContactValues, Fills, TextField } from '../../core/contact.ts';
import type { LogCode } from '../../core/run.ts';
import type { IndexedText } from '../../core/search-index.ts';
import { planPositions, type StagedRows } from '../../core/sync-store.ts';
import { uuidV7 } from '../../core/uuid.ts';
import { isPlain } from './copy-text.ts';
import { type Digest, hexOf, readHex } from './digest.ts';
import type { KnownPeople } from './known-people.ts';
import { RowBuffers } from './row-buffers.ts';
import { stageRow } from './stage-row.ts';

export type StagingParts = {
  workspaceId: string;
  runId: string;
  /** A text over the mapping, so that everybody is looked at again when it changes. */
  mappingText: string;
  known: KnownPeople;
  index: (values: ContactValues) => IndexedText;
  onRows: (rows: StagedRows) => void;
  /** Called once for each distinct pattern, before a row refers to it. */
  onFills: (id: string, fields: Fills) => void;
};

/** A person in scope, as mapped; `canonical` says the same for two drafts that say the same. */
export type ArrivedPerson = {
  person: string;
  personId: string;
  linked: boolean;
  values: ContactValues;
  fills: Fills;
  alternatives: { [field in TextField]?: string[] } | undefined;
  canonical: string;
  remarks: readonly string[];
};

/**
 * Puts the people of a read on the way into the plan: whoever brings what they brought the last time goes no further, the
 * others become rows in the order of their arrival.
 */
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
    this.#salt = hexOf(parts.mappingText);
  }

  /** False: unchanged since the last time, and nothing is to be done. The person must be the one who arrived last. */
  add(arrived: ArrivedPerson): boolean {
    const { linked, canonical, values } = arrived;
    const fillsId = this.#fillsId(arrived.fills);
    // With the name that the source has for the person: a rename is to be noted with the link, which the log tells of.
    const hashHex = hexOf(`${this.#salt}${fillsId}${arrived.person}\0${canonical}`);
    if (linked) {
      readHex(hashHex, 0, this.#hash);
      if (this.#parts.known.isUnchanged(this.#hash)) return false;
    }
    this.#buffers.add(
      this.#rows.person({
        position: this.#position++,
        action: linked ? 'UPDATE' : 'CREATE',
        person: arrived.person,
        personId: arrived.personId,
        contactId: uuidV7(),
        values,
        plain: isPlain(canonical),
        alternatives: arrived.alternatives,
        hashHex,
        fillsId,
        indexed: this.#parts.index(values),
        remark: arrived.remarks.length === 0 ? null : arrived.remarks.join(' '),
      }),
    );
    return true;
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
