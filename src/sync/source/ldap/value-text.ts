import { isUtf8 } from 'node:buffer';
import { isStorable, saidText, storableText } from '../../../core/outside-text.ts';
import { flavours, type IdForm } from './flavour.ts';

/**
 * The text of bytes from a server. All of them become text in this file, so that the database can store each text. Null: the
 * bytes are not UTF-8, or contain U+0000.
 */
export function readText(bytes: Buffer, start: number, end: number): string | null {
  const text = bytes.toString('utf8', start, end);
  // Invalid bytes become U+FFFD, but the server may also have sent U+FFFD itself.
  if (text.includes('\ufffd') && !isUtf8(bytes.subarray(start, end))) return null;
  return isStorable(text) ? text : null;
}

/** The text of the bytes, with U+FFFD for each invalid part. */
export function cleanText(bytes: Buffer, start = 0, end = bytes.length): string {
  return storableText(bytes.toString('utf8', start, end));
}

/** A server's message to people. `saidText` cleans it: it can have U+0000 at its end, for example. */
export function wordsOf(bytes: Buffer): string {
  return saidText(bytes.toString('utf8'));
}

/** The rule by which the bytes of a value become text. */
export type ValueForm = IdForm | 'sid';

/** The forms by attribute in lower case: the ids of all kinds of server, and other attributes of the same form. */
const forms = new Map<string, ValueForm>([
  ...Object.values(flavours).flatMap(({ ids }) => ids.map(({ name, form }) => [name.toLowerCase(), form] as const)),
  ...['ms-ds-consistencyguid', 'msexchmailboxguid', 'msexcharchiveguid'].map((name) => [name, 'guid'] as const),
  ['objectsid', 'sid'],
  ['sidhistory', 'sid'],
]);

/** The form of an attribute's values. `attribute` is in lower case. */
export function valueForm(attribute: string): ValueForm {
  return forms.get(attribute) ?? 'text';
}

/** A binary value in its usual text form. Null: the bytes do not have this form. */
export function binaryText(form: 'guid' | 'guid-in-order' | 'sid', bytes: Buffer): string | null {
  if (form === 'sid') return sidText(bytes);
  if (bytes.length !== 16) return null;
  return dashed(form === 'guid' ? swapped(bytes.toString('hex')) : bytes.toString('hex'));
}

/** Reorders the first three groups of a GUID, which Windows stores with the lowest byte first. */
function swapped(hex: string): string {
  const pair = (i: number): string => hex.slice(i * 2, i * 2 + 2);
  return pair(3) + pair(2) + pair(1) + pair(0) + pair(5) + pair(4) + pair(7) + pair(6) + hex.slice(16);
}

function dashed(hex: string): string {
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

/** The shape of ids in directories. Servers refuse other texts. */
const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The bytes of an id that is written as text. Null: the text can't be an id. */
export function idValue(form: IdForm, text: string): Buffer | null {
  if (form === 'text') return Buffer.from(text);
  if (!uuid.test(text)) return null;
  if (form === 'lower') return Buffer.from(text.toLowerCase());
  const bytes = Buffer.from(text.replaceAll('-', ''), 'hex');
  if (form === 'guid-in-order') return bytes;
  // Windows has the first three groups with the lowest byte first.
  bytes.subarray(0, 4).reverse();
  bytes.subarray(4, 6).reverse();
  bytes.subarray(6, 8).reverse();
  return bytes;
}

/** A Windows SID as `S-1-5-21-…` (MS-DTYP 2.4.2). Null: the bytes are no SID. */
function sidText(bytes: Buffer): string | null {
  const count = bytes[1] ?? 0;
  if (bytes.length < 8 || bytes.length !== 8 + 4 * count) return null;
  const parts = [bytes[0], bytes.readUIntBE(2, 6)];
  for (let i = 0; i < count; i++) parts.push(bytes.readUInt32LE(8 + 4 * i));
  return `S-${parts.join('-')}`;
}
