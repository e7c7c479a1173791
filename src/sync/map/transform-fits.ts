import type { Transform } from '../../core/connection.ts';
import { type ContactField, isFlagField, isLabeledField } from '../../core/contact.ts';

const anyText = (field: ContactField): boolean => !isFlagField(field);
const freeText = (field: ContactField): boolean =>
  anyText(field) && !isLabeledField(field) && field !== 'PRIMARY_EMAIL';

const fits = {
  LOWERCASE: anyText,
  UPPERCASE: anyText,
  FIRST_LINE: anyText,
  POSTAL_ADDRESS: freeText,
  COUNTRY_CODE: (field) => field === 'COUNTRY',
  PHONE_E164: (field) => field === 'PHONE',
  BOOLEAN: isFlagField,
} satisfies Record<Transform, (field: ContactField) => boolean>;

/** Whether a transform makes sense for a field's values. Flags need none: they understand yes and no by themselves. */
export const transformFits = (transform: Transform, field: ContactField): boolean => fits[transform](field);
