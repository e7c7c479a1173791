import { type ContactField, isFlagField } from '../../core/contact.ts';
import type { UserError } from '../../core/user-error.ts';
import { isEmailAddress } from './email-address.ts';
import { parseBoolean } from './transforms/boolean.ts';
import { longestValue, unstorableBecause } from './value-limits.ts';

/** What tells one person from another can't be the same for everybody. */
const personal: readonly ContactField[] = ['DISPLAY_NAME', 'PRIMARY_EMAIL', 'EMPLOYEE_ID'];

/** What is wrong with a value that everybody gets; `path` is its own. */
export function checkFixedValue(field: ContactField, value: string, path: string[]): UserError[] {
  const fault = faultOf(field, value.trim());
  return fault === null ? [] : [{ field: path, ...fault }];
}

function faultOf(field: ContactField, value: string): Omit<UserError, 'field'> | null {
  if (personal.includes(field)) {
    return {
      code: 'VALUE_NOT_ALLOWED',
      message: `${field} can't be the same for everybody; map an attribute or a template.`,
    };
  }
  if (value === '') return { code: 'VALUE_INVALID', message: 'The value is empty.' };
  const reason = unstorableBecause(value, longestValue(field));
  if (reason !== null) return { code: 'VALUE_INVALID', message: `The value ${reason}.` };
  if (isFlagField(field) && parseBoolean(value) === undefined) {
    return { code: 'VALUE_INVALID', message: `${field} is either true or false.` };
  }
  if (field === 'EMAIL' && !isEmailAddress(value)) {
    return { code: 'VALUE_INVALID', message: 'The value is not an email address.' };
  }
  return null;
}
