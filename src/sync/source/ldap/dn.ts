import { otherName } from './attribute-name.ts';

/**
 * One relative name: its parts, usually one (`cn=A+uid=B` has two). A value is unescaped, or `#` with hexadecimal
 * digits.
 */
export type Rdn = { attribute: string; value: string }[];

/** A DN, with the entry's own name first; or the place of the mistake. */
export type DnResult = { kind: 'ok'; rdns: Rdn[] } | { kind: 'error'; position: number; message: string };

const attributeType = /^(?:[A-Za-z][\w-]*|(?:oid\.)?\d+(?:\.\d+)+)$/i;
/** These signs end a value unless they are escaped (RFC 4514, 2.4). `;` separates as it did before RFC 2253. */
const separators = ',;+';

/** Parses a DN in the text form of RFC 4514, also as older servers send it: quoted values, spaces around separators, `;`. */
export function parseDn(text: string): DnResult {
  if (text.trim() === '') return { kind: 'ok', rdns: [] };
  const rdns: Rdn[] = [[]];
  let at = 0;
  for (;;) {
    const equals = text.indexOf('=', at);
    const attribute = (equals < 0 ? text.slice(at) : text.slice(at, equals)).trim();
    if (equals < 0 || !attributeType.test(attribute))
      return wrong(at, attribute === '' ? 'a part is missing' : `"${attribute}" is not "attribute=value"`);
    const value = readValue(text, equals + 1);
    if (typeof value === 'string') return wrong(equals + 1, value);
    rdns.at(-1)?.push({ attribute, value: value.text });
    if (value.end >= text.length) return { kind: 'ok', rdns };
    if (text[value.end] !== '+') rdns.push([]);
    at = value.end + 1;
  }
}

function wrong(position: number, message: string): DnResult {
  return { kind: 'error', position, message };
}

function readValue(text: string, from: number): { text: string; end: number } | string {
  let at = from;
  while (text[at] === ' ') at++;
  if (text[at] === '"') return readQuoted(text, at + 1);
  const bytes: Buffer[] = [];
  let plain = '';
  let keep = 0;
  const flush = (): void => {
    bytes.push(Buffer.from(plain));
    plain = '';
  };
  for (; at < text.length && !separators.includes(text[at] ?? ''); at++) {
    if (text[at] === '\\') {
      flush();
      const escaped = unescapeAt(text, at);
      if (escaped === null) return 'a "\\" with nothing to escape after it';
      bytes.push(escaped.bytes);
      at += escaped.length - 1;
      keep = Buffer.concat(bytes).length;
    } else plain += text[at];
  }
  flush();
  return { text: trimmedEnd(Buffer.concat(bytes), keep).toString('utf8'), end: at };
}

/** Removes spaces at the end, except escaped ones, which are within the first `keep` bytes. */
function trimmedEnd(value: Buffer, keep: number): Buffer {
  let end = value.length;
  while (end > keep && value[end - 1] === 0x20) end--;
  return value.subarray(0, end);
}

function readQuoted(text: string, from: number): { text: string; end: number } | string {
  const bytes: Buffer[] = [];
  for (let at = from; at < text.length; at++) {
    if (text[at] === '"') {
      let end = at + 1;
      while (text[end] === ' ') end++;
      if (end < text.length && !separators.includes(text[end] ?? '')) return 'text after a closing quote';
      return { text: Buffer.concat(bytes).toString('utf8'), end };
    }
    const escaped = text[at] === '\\' ? unescapeAt(text, at) : null;
    const char = String.fromCodePoint(text.codePointAt(at) ?? 0);
    bytes.push(escaped?.bytes ?? Buffer.from(char));
    at += (escaped?.length ?? char.length) - 1;
  }
  return 'a quote that is never closed';
}

/** Reads `\2C` or `\,` at the given place. Null: nothing is escaped there. */
function unescapeAt(text: string, at: number): { bytes: Buffer; length: number } | null {
  const hex = text.slice(at + 1, at + 3);
  if (/^[\da-f]{2}$/i.test(hex)) return { bytes: Buffer.from(hex, 'hex'), length: 3 };
  if (at + 1 >= text.length) return null;
  const char = String.fromCodePoint(text.codePointAt(at + 1) ?? 0);
  return { bytes: Buffer.from(char), length: 1 + char.length };
}

/**
 * DNs whose canonical form is just their lower case: they have only usual attributes and ASCII, and nothing that is
 * escaped, repeated or must be trimmed.
 */
const plainDn = /^(?:(?:^|,)(?:cn|uid|ou|dc|o|l)=(?:[!$-*./0-:=?-[\]-~-](?: (?![ ,]|$))?)+)+$/i;

/** Separates the parts of a canonical DN. */
export const betweenParts = '\u0000';

/**
 * The same text for all DNs that LDAP servers call equal: without case, repeated spaces as one, escapes undone, the parts of a
 * multi-valued RDN sorted, `surname` as `sn`. A text that is no DN stands for itself.
 */
export function canonicalDn(text: string): string {
  if (plainDn.test(text)) return text.toLowerCase().replaceAll(',', betweenParts);
  const parsed = parseDn(text);
  if (parsed.kind === 'error') return `?${text.toLowerCase()}`;
  return parsed.rdns.map((rdn) => rdn.map(canonicalPart).sort().join('\u0001')).join(betweenParts);
}

/** The DN of the entry above, as it is written. Null: there is none, or the text is no DN. */
export function parentDn(text: string): string | null {
  for (let at = 0; ; ) {
    const equals = text.indexOf('=', at);
    const value = equals < 0 ? null : readValue(text, equals + 1);
    if (value === null || typeof value === 'string' || value.end >= text.length) return null;
    if (text[value.end] !== '+') return text.slice(value.end + 1).trim();
    at = value.end + 1;
  }
}

/** Whether `dn` is `base` or is below it. Both are canonical. */
export function isWithinDn(dn: string, base: string): boolean {
  return dn === base || base === '' || dn.endsWith(`${betweenParts}${base}`);
}

function canonicalPart({ attribute, value }: Rdn[number]): string {
  return `${canonicalType(attribute)}=${withoutMarks(decodeHex(value)).normalize('NFKC').toLowerCase().trim().replaceAll(/\s+/g, ' ')}`;
}

/** Escapes the separators of the canonical form, so that a value can't look like two parts. */
function withoutMarks(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('\0', '\\0').replaceAll('\u0001', '\\1');
}

const oidNames: Record<string, string> = {
  '2.5.4.3': 'cn',
  '2.5.4.4': 'sn',
  '2.5.4.6': 'c',
  '2.5.4.7': 'l',
  '2.5.4.8': 'st',
  '2.5.4.9': 'street',
  '2.5.4.10': 'o',
  '2.5.4.11': 'ou',
  '0.9.2342.19200300.100.1.1': 'uid',
  '0.9.2342.19200300.100.1.25': 'dc',
};

function canonicalType(attribute: string): string {
  const name = attribute.toLowerCase().replace(/^oid\./, '');
  const known = oidNames[name] ?? name;
  const other = otherName(known);
  return other !== undefined && other.length < known.length ? other : known;
}

/** Decodes a string in hexadecimal BER (`#0403414243`). Any other value stays as it is. */
function decodeHex(value: string): string {
  const hex = /^#(?:04|0c|13|16)([\da-f]{2})((?:[\da-f]{2})*)$/i.exec(value);
  if (hex === null || hex[1] === undefined || hex[2] === undefined || Number.parseInt(hex[1], 16) * 2 !== hex[2].length)
    return value;
  return Buffer.from(hex[2], 'hex').toString('utf8');
}
