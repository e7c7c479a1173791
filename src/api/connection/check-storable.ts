import { isStorable } from '../../core/storable-text.ts';
import type { UserError } from '../../core/user-error.ts';

/** Each text of an input, however deep, that the database could not hold, with its path. */
export function checkStorable(value: unknown, path: readonly string[]): UserError[] {
  if (typeof value === 'string') return isStorable(value) ? [] : [notStorable(path)];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([member, inner]) => checkStorable(inner, [...path, member]));
}

const notStorable = (path: readonly string[]): UserError => ({
  field: [...path],
  code: 'INVALID_TEXT',
  message: 'This holds a character that is no text (U+0000, or half of a surrogate pair). Take it out.',
});
