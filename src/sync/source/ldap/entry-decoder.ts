import type { AttributeValue } from '../../../core/entry.ts';
import { normalName, otherName, rangeOf } from './attribute-name.ts';
import { MalformedBer, Tag } from './ber.ts';
import { binaryText, cleanText, readText, type ValueForm, valueForm } from './value-text.ts';

/**
 * The largest value in bytes. Larger values fit no field of a contact. They are left out and named as undecodable, so
 * that pages stay small.
 */
export const maxValueBytes = 256 * 1024;

/** The most values of one attribute. Further ones are left out and named as undecodable. */
export const maxValues = 10_000;

/** An attribute of which the server has sent only a part (`member;range=0-1499`). `next` is the first missing value. */
export type RangeLeft = { slot: number; name: string; next: number };

/** A decoded entry. `values[slot]` belongs to the decoder's `names[slot]`. */
export type DecodedEntry = {
  name: string;
  /** False when the bytes of the name are no storable text. `name` is then the nearest text. */
  nameIsText: boolean;
  values: AttributeValue[];
  undecodable: readonly string[];
  ranges: readonly RangeLeft[];
};

/** An attribute name as the server writes it, and the slot of its values (-1: not wanted). `name` is as we asked for it. */
type Column = { bytes: Buffer; slot: number; form: ValueForm; name: string; next: number | null };

const none: readonly never[] = [];
/** Messages up to this size become one string, and values are slices of it. */
const maxSharedBytes = 4096;
/** Most names that are remembered in one read. */
const maxColumns = 512;

/**
 * Decodes SearchResultEntry messages directly from the bytes. Servers send the attributes of all entries in nearly the same
 * order. So names are first compared as bytes with the names of the entry before, and looked up only when they differ.
 */
export class EntryDecoder {
  readonly #slots = new Map<string, number>();
  readonly #names: readonly string[];
  readonly #known = new Map<string, Column>();
  readonly #order: Column[] = [];
  #bytes: Buffer = Buffer.alloc(0);
  #at = 0;
  #end = 0;
  /** A small message as one binary string, and its beginning in the bytes. */
  #shared = '';
  #sharedStart = 0;
  #nameIsText = true;
  readonly #blanked: number;
  #blankedStart = 0;
  #blankedEnd = 0;
  #undecodable: string[] | null = null;
  #ranges: RangeLeft[] | null = null;

  /**
   * `names[i]` fills slot i. Each name can appear once; two slots can ask for one attribute only by different names. The bytes of
   * the values of slot `blanked` are set to 0 after they were read, for hashes that do not depend on them; -1: none.
   */
  constructor(names: readonly string[], blanked = -1) {
    this.#names = names;
    this.#blanked = blanked;
    for (const [slot, name] of names.entries()) this.#slots.set(normalName(name), slot);
  }

  /** Decodes the content of a SearchResultEntry. Throws MalformedBer. */
  decode(bytes: Buffer, at: number, end: number): DecodedEntry {
    this.#bytes = bytes;
    this.#at = at;
    this.#end = end;
    this.#undecodable = null;
    this.#ranges = null;
    this.#sharedStart = at;
    this.#shared = end - at > maxSharedBytes ? '' : bytes.toString('latin1', at, end);
    const name = this.#dn();
    this.#blankedEnd = 0;
    const values = this.#attributes();
    if (this.#blankedEnd > 0) bytes.fill(0, this.#blankedStart, this.#blankedEnd);
    return {
      name,
      nameIsText: this.#nameIsText,
      values,
      undecodable: this.#undecodable ?? none,
      ranges: this.#ranges ?? none,
    };
  }

  #dn(): string {
    const end = this.#enter(Tag.OCTET_STRING, this.#end);
    const start = this.#at;
    this.#at = end;
    const text = this.#isAscii(start, end) ? this.#ascii(start, end) : readText(this.#bytes, start, end);
    this.#nameIsText = text !== null;
    return text ?? cleanText(this.#bytes, start, end);
  }

  #attributes(): AttributeValue[] {
    const values: AttributeValue[] = new Array<AttributeValue>(this.#names.length).fill(undefined);
    const end = this.#enter(Tag.SEQUENCE, this.#end);
    let position = 0;
    while (this.#at < end) {
      const attributeEnd = this.#enter(Tag.SEQUENCE, end);
      const nameEnd = this.#enter(Tag.OCTET_STRING, attributeEnd);
      position = this.#column(position, nameEnd);
      const column = this.#order[position++];
      this.#at = nameEnd;
      if (column === undefined || column.slot < 0) this.#at = attributeEnd;
      else this.#values(values, column, this.#enter(Tag.SET, attributeEnd));
    }
    return values;
  }

  /** Finds the name at the current place in the learned order, from `position` on. Adds it there when it is missing. */
  #column(position: number, nameEnd: number): number {
    const order = this.#order;
    for (let i = position; i < order.length; i++) {
      if (this.#isName(order[i], nameEnd)) return i;
    }
    const column = this.#lookUp(nameEnd);
    if (order.length >= maxColumns) {
      order.length = 0;
      order.push(column);
      return 0;
    }
    order.splice(position, 0, column);
    return position;
  }

  #isName(column: Column | undefined, nameEnd: number): boolean {
    const start = this.#at;
    if (column === undefined || column.bytes.length !== nameEnd - start) return false;
    const { bytes: name } = column;
    const bytes = this.#bytes;
    for (let i = name.length - 1; i >= 0; i--) {
      if (name[i] !== bytes[start + i]) return false;
    }
    return true;
  }

  #lookUp(nameEnd: number): Column {
    const written = this.#bytes.toString('latin1', this.#at, nameEnd);
    const known = this.#known.get(written);
    if (known !== undefined) return known;
    const range = rangeOf(written);
    const name = normalName(range?.name ?? written);
    const slot = this.#slots.get(name) ?? this.#slots.get(otherName(name) ?? '') ?? -1;
    const bytes = Buffer.from(written, 'latin1');
    const column = { bytes, slot, form: valueForm(name), name: this.#names[slot] ?? '', next: range?.next ?? null };
    if (this.#known.size < maxColumns) this.#known.set(written, column);
    return column;
  }

  #values(values: AttributeValue[], column: Column, end: number): void {
    let result: string[] | string | undefined = copied(values[column.slot]);
    if (column.slot === this.#blanked) {
      this.#blankedStart = this.#at;
      this.#blankedEnd = end;
    }
    while (this.#at < end) {
      const valueEnd = this.#enter(Tag.OCTET_STRING, end);
      const text = this.#text(this.#at, valueEnd, column.form);
      this.#at = valueEnd;
      if (text === null) this.#leaveOut(column.name);
      else if (result === undefined) result = text;
      else if (typeof result === 'string') result = [result, text];
      else if (result.length < maxValues) result.push(text);
      else this.#leaveOut(column.name);
    }
    values[column.slot] = result;
    if (column.next !== null) {
      this.#ranges ??= [];
      this.#ranges.push({ slot: column.slot, name: column.name, next: column.next });
    }
  }

  #text(start: number, end: number, form: ValueForm): string | null {
    if (form !== 'text' && form !== 'lower') {
      const binary = binaryText(form, this.#bytes.subarray(start, end));
      if (binary !== null) return binary;
    }
    if (end - start > maxValueBytes) return null;
    if (this.#isAscii(start, end))
      return form === 'lower' ? this.#ascii(start, end).toLowerCase() : this.#ascii(start, end);
    return readText(this.#bytes, start, end);
  }

  /** Whether all bytes are from 1 to 0x7f. */
  #isAscii(start: number, end: number): boolean {
    const bytes = this.#bytes;
    for (let i = start; i < end; i++) {
      const byte = bytes[i] ?? 0;
      if (byte > 0x7f || byte === 0) return false;
    }
    return true;
  }

  #ascii(start: number, end: number): string {
    if (this.#shared === '') return this.#bytes.toString('latin1', start, end);
    return this.#shared.slice(start - this.#sharedStart, end - this.#sharedStart);
  }

  #leaveOut(name: string): void {
    this.#undecodable ??= [];
    if (!this.#undecodable.includes(name)) this.#undecodable.push(name);
  }

  /** Enters the element at the current place. Returns where it ends. */
  #enter(tag: number, limit: number): number {
    const at = this.#at;
    const length = this.#bytes[at + 1] ?? 0x80;
    if (this.#bytes[at] !== tag || length >= 0x80 || at + 2 + length > limit) return this.#enterLong(tag, limit);
    this.#at = at + 2;
    return at + 2 + length;
  }

  #enterLong(tag: number, limit: number): number {
    const bytes = this.#bytes;
    let at = this.#at;
    if (at + 2 > limit || bytes[at] !== tag) throw new MalformedBer('an entry is not built as LDAP entries are');
    let length = bytes[at + 1] ?? 0;
    at += 2;
    if (length >= 0x80) {
      const size = length & 0x7f;
      if (size === 0 || size > 4 || at + size > limit) throw new MalformedBer('an entry with a malformed length');
      length = 0;
      for (let i = 0; i < size; i++) length = length * 256 + (bytes[at++] ?? 0);
    }
    if (length > limit - at) throw new MalformedBer('an entry whose lengths do not add up');
    this.#at = at;
    return at + length;
  }
}

/** Copies the values that came before under another name of the attribute. */
function copied(value: AttributeValue): string[] | string | undefined {
  return value === undefined || typeof value === 'string' ? value : [...value];
}
