import type { Transform } from '../../../core/connection.ts';
import { boolean } from './boolean.ts';
import { countryCode } from './country-code.ts';
import { firstLine } from './first-line.ts';
import { lowercase } from './lowercase.ts';
import { phoneE164 } from './phone-e164.ts';
import { postalAddress } from './postal-address.ts';
import type { TransformValue } from './transform-value.ts';
import { uppercase } from './uppercase.ts';

/** Every transform of the contract by its name; the compiler keeps it complete. */
export const transforms = {
  LOWERCASE: lowercase,
  UPPERCASE: uppercase,
  PHONE_E164: phoneE164,
  COUNTRY_CODE: countryCode,
  FIRST_LINE: firstLine,
  POSTAL_ADDRESS: postalAddress,
  BOOLEAN: boolean,
} satisfies Record<Transform, TransformValue>;
