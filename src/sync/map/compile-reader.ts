import type { FieldMapping } from '../../core/connection.ts';
import type { AttributeValue } from '../../core/entry.ts';
import { isPrimaryProxyAddress } from '../../core/proxy-address.ts';
import type { AttributeIndex } from './attribute-index.ts';
import { compileNormalizer, type Normalize, noteSpaces } from './compile-normalizer.ts';
import type { PersonInWork } from './person-in-work.ts';
import { compileTemplate } from './template/compile-template.ts';

/** The distinct values of the winning origin, in the order sent; a single value is a plain text. Undefined: no value. */
export type Candidates = undefined | string | readonly string[];

/** Where a field's value comes from. `read` notes in `person.winner` which of `origins` had a value. */
export type ValueReader = {
  /** The origins, as they are written in `Fills`. */
  origins: readonly string[];
  read(person: PersonInWork): Candidates;
};

/** Compiles the origin of a mapping's values: the first attribute with a value, a template, or a fixed value. */
export function compileReader(mapping: FieldMapping, index: AttributeIndex): ValueReader {
  const normalize = compileNormalizer(mapping);
  const keyOf = mapping.field === 'EMAIL' || mapping.field === 'PRIMARY_EMAIL' ? lowerCase : itself;
  if (mapping.template !== null) return templateReader(mapping.template, mapping, index, normalize, keyOf);
  if (mapping.value !== null) return fixedReader(mapping.value, normalize);
  return attributeReader(mapping, index, noteSpaces(mapping, normalize), keyOf);
}

/** Two values with the same key count as one. */
type KeyOf = (value: string) => string;
const itself: KeyOf = (value) => value;
const lowerCase: KeyOf = (value) => value.toLowerCase();

function attributeReader(
  mapping: FieldMapping,
  index: AttributeIndex,
  normalize: Normalize,
  keyOf: KeyOf,
): ValueReader {
  const origins = mapping.attributes;
  const places = origins.map((name) => index.placeOf(name));
  const prefer = mapping.field === 'PRIMARY_EMAIL' ? preferPrimary : asSent;
  return {
    origins,
    read(person) {
      for (let i = 0; i < places.length; i++) {
        const raw = person.attributes[places[i] ?? -1];
        if (raw === undefined) continue;
        const candidates = normalizeAll(prefer(raw), normalize, person, origins[i] ?? '', keyOf);
        if (candidates === undefined) continue;
        person.winner = i + 1;
        return candidates;
      }
      person.winner = 0;
      return undefined;
    },
  };
}

function asSent(raw: string | readonly string[]): string | readonly string[] {
  return raw;
}

function preferPrimary(raw: string | readonly string[]): string | readonly string[] {
  if (typeof raw === 'string') return raw;
  const primary = raw.filter(isPrimaryProxyAddress);
  return primary.length === 0 ? raw : primary;
}

function normalizeAll(
  raw: Exclude<AttributeValue, undefined>,
  normalize: Normalize,
  person: PersonInWork,
  origin: string,
  keyOf: KeyOf,
): Candidates {
  if (typeof raw === 'string') {
    const value = normalize(raw, person, origin);
    return value === '' ? undefined : value;
  }
  const distinct = new Map<string, string>();
  for (const each of raw) {
    const value = normalize(each, person, origin);
    if (value !== '' && !distinct.has(keyOf(value))) distinct.set(keyOf(value), value);
  }
  const values = [...distinct.values()];
  return values.length > 1 ? values : values[0];
}

function templateReader(
  text: string,
  { field, label }: FieldMapping,
  index: AttributeIndex,
  normalize: Normalize,
  keyOf: KeyOf,
): ValueReader {
  const template = compileTemplate(text, index);
  const where = label === null ? field : `${field} (${label})`;
  return {
    origins: ['{}'],
    read(person) {
      const rendered = template(person.attributes, person.budget);
      if (rendered.kind === 'failed') {
        person.problem = { code: 'TEMPLATE_FAILED', message: `The template of ${where} failed: ${rendered.message}` };
        return undefined;
      }
      const candidates = normalizeAll(rendered.texts, normalize, person, `template of ${where}`, keyOf);
      person.winner = candidates === undefined ? 0 : 1;
      return candidates;
    },
  };
}

function fixedReader(value: string, normalize: Normalize): ValueReader {
  return {
    origins: ['='],
    read(person) {
      const normalized = normalize(value, person, 'fixed value');
      person.winner = normalized === '' ? 0 : 1;
      return normalized === '' ? undefined : normalized;
    },
  };
}
