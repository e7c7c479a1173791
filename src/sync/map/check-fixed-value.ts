import type { FieldMapping } from '../../core/connection.ts';
import { type ContactField, isFlagField } from '../../core/contact.ts';
import { formFault, textFault } from '../../core/field-value.ts';
import { regionCodes } from '../../core/region-codes.ts';
import type { UserError, ValueFault } from '../../core/user-error.ts';
import { isPhoneE164 } from './transforms/phone-e164.ts';
import { parseBoolean } from './transforms/text-transforms.ts';
import { transforms } from './transforms/transforms.ts';

/** Fields that identify a person. They can't be the same for everybody. */
const personal: readonly ContactField[] = ['DISPLAY_NAME', 'PRIMARY_EMAIL', 'EMPLOYEE_ID'];

/**
 * The faults of a fixed value, which everybody gets. It is checked after its transforms. `path` leads to the value. `country` is
 * the country code that everybody gets, if any: phone numbers are read as numbers of that country.
 */
export function checkFixedValue(mapping: FieldMapping, path: string[], country: string | null): UserError[] {
  const value = mapping.value?.trim() ?? '';
  const fault =
    personalFault(mapping.field) ??
    textFault(mapping.field, value) ??
    faultOf(mapping, transformed(mapping, value, country));
  return fault === null ? [] : [{ field: path, ...fault }];
}

/** The code of the country that everybody gets. Null: there is none, or people have different ones. */
export function fixedCountry(mappings: readonly FieldMapping[]): string | null {
  const mapping = mappings.find(({ field }) => field === 'COUNTRY');
  const country = mapping?.value == null ? '' : transformed(mapping, mapping.value.trim(), null);
  return regionCodes.has(country) ? country : null;
}

function transformed(mapping: FieldMapping, value: string, country: string | null): string {
  return mapping.transforms.reduce(
    (text, name) => (text === '' ? '' : transforms[name](text, { country }).trim()),
    value,
  );
}

function personalFault(field: ContactField): ValueFault | null {
  if (!personal.includes(field)) return null;
  return {
    code: 'VALUE_NOT_ALLOWED',
    message: `${field} can't be the same for everybody; map an attribute or a template.`,
  };
}

function faultOf({ field, transforms: names }: FieldMapping, value: string): ValueFault | null {
  if (isFlagField(field)) {
    return parseBoolean(value) === undefined
      ? { code: 'INVALID_VALUE', message: `${field} is either true or false.` }
      : null;
  }
  if (field === 'COUNTRY' && !regionCodes.has(value))
    return { code: 'INVALID_COUNTRY', message: 'A country is a code of ISO 3166-1 with two letters, such as DE.' };
  if (field === 'PHONE' && names.includes('PHONE_E164')) {
    const message =
      'This is not a possible phone number: write it with + and the country code, such as +49 30 1234567.';
    return isPhoneE164(value) ? null : { code: 'INVALID_PHONE', message };
  }
  return formFault(field, value);
}
