import type { FieldMapping } from '../../core/connection.ts';
import { LONGEST_RAW_VALUE, longestValue, unusableBecause } from '../../core/field-value.ts';
import { quoteValue } from '../../core/outside-text.ts';
import { type PersonInWork, remark } from './person-in-work.ts';
import { cutAddressPrefix } from './proxy-address.ts';
import { transforms } from './transforms/transforms.ts';

/** Turns a value as sent into the one to store; empty: no value. `origin` names the attribute in remarks. */
export type Normalize = (raw: string, person: PersonInWork, origin: string) => string;

/**
 * Values are trimmed, emails lose an `smtp:` prefix, the transforms are applied, and a value that can't be stored is left out
 * with a remark. A primary email is not checked here: if it can't be stored it is malformed, and the person is skipped.
 */
export function compileNormalizer(mapping: FieldMapping): Normalize {
  const chosen = mapping.transforms.map((name) => transforms[name]);
  const isEmail = mapping.field === 'PRIMARY_EMAIL' || mapping.field === 'EMAIL';
  const longest = longestValue(mapping.field);
  if (mapping.field === 'PRIMARY_EMAIL') return (raw, person) => transformAll(cutAddressPrefix(raw.trim()), person);
  if (chosen.length === 0 && !isEmail) return (raw, person, origin) => storable(raw.trim(), longest, person, origin);
  return (raw, person, origin) => {
    const checked = storable(raw.trim(), LONGEST_RAW_VALUE, person, origin);
    const value = transformAll(isEmail ? cutAddressPrefix(checked) : checked, person);
    return storable(value, longest, person, origin);
  };

  function transformAll(value: string, person: PersonInWork): string {
    let result = value;
    for (const transform of chosen) if (result !== '') result = transform(result, person).trim();
    return result;
  }
}

function storable(value: string, longest: number, person: PersonInWork, origin: string): string {
  const reason = unusableBecause(value, longest);
  if (reason === null) return value;
  remark(person, `${origin}: ${quoteValue(value)} was left out: it ${reason}`);
  return '';
}
