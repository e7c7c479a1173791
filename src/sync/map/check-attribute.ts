import { quoteValue } from '../../core/quote-value.ts';
import type { UserError } from '../../core/user-error.ts';
import { isAttributeName, isForbiddenAttribute } from './attribute-name.ts';

/** What is wrong with an attribute's name in a mapping or template; `field` is its path. */
export function checkAttribute(name: string, field: string[]): UserError[] {
  if (!isAttributeName(name)) {
    return [{ field, code: 'INVALID_ATTRIBUTE', message: `${quoteValue(name)} is not the name of an attribute.` }];
  }
  if (!isForbiddenAttribute(name)) return [];
  return [{ field, code: 'ATTRIBUTE_NOT_ALLOWED', message: `${name} is never read: it holds a picture or a secret.` }];
}
