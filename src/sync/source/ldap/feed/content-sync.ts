import { BerWriter, Control } from 'ldapts';
import { BerCursor, MalformedBer, Tag } from '../ber.ts';
import { features } from '../root-dse.ts';
import { controlValue } from '../search-result.ts';
import { binaryText } from '../value-text.ts';

/* The messages of RFC 4533 that are used here. A client asks for changes since a cookie, and may then wait for more. */

const modes = { refreshOnly: 1, refreshAndPersist: 3 };

/**
 * Asks for the changes since the cookie; null: for everything. The control is critical, so that no server ignores it.
 */
export class SyncRequestControl extends Control {
  readonly #mode: keyof typeof modes;
  readonly #cookie: string | null;

  constructor(mode: keyof typeof modes, cookie: string | null) {
    super(features.contentSync, { critical: true });
    this.#mode = mode;
    this.#cookie = cookie;
  }

  protected override writeControl(writer: BerWriter): void {
    const value = new BerWriter();
    value.startSequence();
    value.writeEnumeration(modes[this.#mode]);
    if (this.#cookie !== null) value.writeString(this.#cookie);
    value.endSequence();
    writer.writeBuffer(value.buffer, Tag.OCTET_STRING);
  }
}

const syncStateOid = '1.3.6.1.4.1.4203.1.9.1.2';
const states = ['present', 'add', 'modify', 'delete'] as const;

/** What happened to an entry. `id`: its UUID. */
export type SyncState = { state: (typeof states)[number]; id: string };

/** Reads the state of an entry from the controls of its message. Null: it has none. Throws MalformedBer. */
export function syncStateOf(bytes: Buffer, at: number, end: number): SyncState | null {
  const message = new BerCursor(bytes, at, end);
  if (message.peek() !== Tag.CONTROLS) return null;
  const value = controlValue(message.element(Tag.CONTROLS), syncStateOid);
  if (value === null) return null;
  const content = new BerCursor(value).element(Tag.SEQUENCE);
  const state = states[content.integer(Tag.ENUMERATED)];
  if (state === undefined) throw new MalformedBer('an entry with an unknown state');
  return { state, id: uuidText(content.octets()) };
}

/**
 * How an answer of RFC 4533 reports deletions. True: it names the entries that are gone. False: all entries that it
 * does not name as present are gone.
 */
export function refreshDeletes(value: Buffer): boolean {
  const done = new BerCursor(value).element(Tag.SEQUENCE);
  if (done.peek() === Tag.OCTET_STRING) done.skip();
  return truth(done, false);
}

/**
 * The content of an intermediate message. `phaseEnds`: the server has named all entries that exist (`present`), or all
 * that are gone.
 */
export type SyncInfo =
  | { kind: 'cookie' }
  | { kind: 'phaseEnds'; phase: 'present' | 'delete'; refreshDone: boolean }
  | { kind: 'ids'; gone: boolean; ids: PackedIds };

/** UUIDs as the server sent them, 16 bytes each, one after another. */
export type PackedIds = Buffer;
const idBytes = 16;

/** The UUIDs as text, one after another. */
export function* unpacked(ids: PackedIds): Generator<string> {
  for (let at = 0; at < ids.length; at += idBytes) yield uuidText(ids.subarray(at, at + idBytes));
}

const syncInfoOid = '1.3.6.1.4.1.4203.1.9.1.4';
const tags = { name: 0x80, value: 0x81, newCookie: 0x80, refreshDelete: 0xa1, refreshPresent: 0xa2, idSet: 0xa3 };

/** Reads an intermediate message. Null: it is not one of RFC 4533. Throws MalformedBer. */
export function syncInfoOf(response: BerCursor): SyncInfo | null {
  if (response.peek() !== tags.name || response.text(tags.name) !== syncInfoOid) return null;
  const value = response.element(tags.value);
  const kind = value.peek();
  if (kind === tags.newCookie) return { kind: 'cookie' };
  const info = value.element(kind);
  if (info.peek() === Tag.OCTET_STRING) info.skip();
  if (kind === tags.refreshDelete) return { kind: 'phaseEnds', phase: 'delete', refreshDone: truth(info, true) };
  if (kind === tags.refreshPresent) return { kind: 'phaseEnds', phase: 'present', refreshDone: truth(info, true) };
  if (kind !== tags.idSet) throw new MalformedBer('a message about changes of an unknown kind');
  const gone = truth(info, false);
  const set = info.element(Tag.SET);
  return { kind: 'ids', gone, ids: packed(set) };
}

/** Copies the UUIDs of a set, each of which comes with a tag and a length of one byte. */
function packed({ bytes, at: start, end }: BerCursor): PackedIds {
  const elementBytes = idBytes + 2;
  if ((end - start) % elementBytes !== 0) throw new MalformedBer('an id that is not a UUID');
  const ids = Buffer.allocUnsafe(((end - start) / elementBytes) * idBytes);
  for (let at = start, to = 0; at < end; at += elementBytes, to += idBytes) {
    if (bytes[at] !== Tag.OCTET_STRING || bytes[at + 1] !== idBytes) throw new MalformedBer('an id that is not a UUID');
    ids.set(bytes.subarray(at + 2, at + elementBytes), to);
  }
  return ids;
}

function truth(cursor: BerCursor, otherwise: boolean): boolean {
  if (cursor.peek() !== Tag.BOOLEAN) return otherwise;
  const { bytes, at, end } = cursor.element(Tag.BOOLEAN);
  if (end - at !== 1) throw new MalformedBer('a truth value of more than one byte');
  return bytes[at] !== 0;
}

function uuidBytes(bytes: Buffer): Buffer {
  if (bytes.length !== idBytes) throw new MalformedBer('an id that is not a UUID');
  return bytes;
}

function uuidText(bytes: Buffer): string {
  return binaryText('guid-in-order', uuidBytes(bytes)) ?? '';
}
