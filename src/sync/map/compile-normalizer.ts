import type { FieldMapping } from '../../core/connection.ts';
import { LONGEST_RAW_VALUE, longestValue, unusableBecause } from '../../core/field-value.ts';
import { quoteValue } from '../../core/outside-text.ts';
import { cutAddressPrefix } from '../../core/proxy-address.ts';
import { find, type PersonInWork, remark } from './person-in-work.ts';
import { isConverted } from './transforms/phone-e164.ts';
import { transforms } from './transforms/transforms.ts';

/** Turns a value as sent into the one to store; empty: no value. `origin` names the attribute in remarks. */
export type Normalize = (raw: string, person: PersonInWork, origin: string) => string;

/**
 * Values are trimmed, emails lose an `smtp:` prefix, the transforms are applied, and a value that can't be stored is left out
 * with a remark. A primary email is not checked here: if it can't be stored it is malformed, and the person is skipped.
 */
export function compileNormalizer(mapping: FieldMapping): Normalize {
  const chosen = mapping.transforms.map((name) => ({ name, apply: transforms[name] }));
  const isEmail = mapping.field === 'PRIMARY_EMAIL' || mapping.field === 'EMAIL';
  const longest = longestValue(mapping.field);
  if (mapping.field === 'PRIMARY_EMAIL')
    return (raw, person, origin) => transformAll(cutAddressPrefix(raw.trim()), person, origin);
  if (chosen.length === 0 && !isEmail) return (raw, person, origin) => storable(raw.trim(), longest, person, origin);
  return (raw, person, origin) => {
    const checked = storable(raw.trim(), LONGEST_RAW_VALUE, person, origin);
    const value = transformAll(isEmail ? cutAddressPrefix(checked) : checked, person, origin);
    return storable(value, longest, person, origin);
  };

  function transformAll(value: string, person: PersonInWork, origin: string): string {
    let result = value;
    for (const { name, apply } of chosen) {
      if (result === '') break;
      const before = result;
      result = apply(before, person).trim();
      if (name === 'PHONE_E164' && result === before && !isConverted(result)) noteUnparsable(person, origin, before);
    }
    return result;
  }
}

function noteUnparsable(person: PersonInWork, origin: string, value: string): void {
  find(person, 'UNPARSABLE_PHONE', 'PHONE', `${origin}: ${quoteValue(value)} can't be read as a phone number.`);
}

/** Fields in whose text several spaces can be intended. */
const laidOut: ReadonlySet<string> = new Set<FieldMapping['field']>(['NOTES', 'STREET']);

/** The same normalizer for values from the source. It also notes spaces that do not belong there. */
export function noteSpaces({ field }: FieldMapping, normalize: Normalize): Normalize {
  return (raw, person, origin) => {
    const trimmed = raw.trim();
    if (trimmed.length !== raw.length && trimmed !== '')
      find(person, 'STRAY_SPACE', field, `${origin}: ${quoteValue(raw)} has spaces at its ends. They are left out.`);
    else if (trimmed.includes('  ') && !laidOut.has(field))
      find(person, 'STRAY_SPACE', field, `${origin}: ${quoteValue(raw)} has several spaces in a row. They stay.`);
    return normalize(raw, person, origin);
  };
}

function storable(value: string, longest: number, person: PersonInWork, origin: string): string {
  const reason = unusableBecause(value, longest);
  if (reason === null) return value;
  remark(person, `${origin}: ${quoteValue(value)} was left out: it ${reason}`);
  return '';
}
