import type { Transform } from '../../../core/connection.ts';
import { type ContactField, isFlagField, isLabeledField } from '../../../core/contact.ts';
import { countryCode } from './country-code.ts';
import { phoneE164 } from './phone-e164.ts';
import { boolean, firstLine, lowercase, postalAddress, uppercase } from './text-transforms.ts';

/** What a transform knows besides the value: the person's country as an ISO 3166-1 alpha-2 code, if the mapping gives one. */
export type TransformContext = { country: string | null };

/** Turns a trimmed, non-empty value into another one. Empty: no value. A value that it can't read stays as it is. */
export type TransformValue = (value: string, context: TransformContext) => string;

/** Every transform by its name in the API. */
export const transforms = {
  LOWERCASE: lowercase,
  UPPERCASE: uppercase,
  PHONE_E164: phoneE164,
  COUNTRY_CODE: countryCode,
  FIRST_LINE: firstLine,
  POSTAL_ADDRESS: postalAddress,
  BOOLEAN: boolean,
} satisfies Record<Transform, TransformValue>;

function anyText(field: ContactField): boolean {
  return !isFlagField(field);
}

function freeText(field: ContactField): boolean {
  return anyText(field) && !isLabeledField(field) && field !== 'PRIMARY_EMAIL';
}

const fits = {
  LOWERCASE: anyText,
  UPPERCASE: anyText,
  FIRST_LINE: anyText,
  POSTAL_ADDRESS: freeText,
  COUNTRY_CODE: (field) => field === 'COUNTRY',
  PHONE_E164: (field) => field === 'PHONE',
  BOOLEAN: isFlagField,
} satisfies Record<Transform, (field: ContactField) => boolean>;

/** Whether a transform makes sense for a field. Flags do not need BOOLEAN: they understand yes and no anyway. */
export function transformFits(transform: Transform, field: ContactField): boolean {
  return fits[transform](field);
}
