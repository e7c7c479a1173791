import { unstorableBecause } from '../../core/storable-text.ts';
import type { UserError } from '../../core/user-error.ts';

/** Each text of an input, however deep, that the database could not hold, with its path. */
export function checkStorable(value: unknown, path: readonly string[]): UserError[] {
  if (typeof value === 'string') {
    const because = unstorableBecause(value);
    return because === null ? [] : [notStorable(path, because)];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([member, inner]) => checkStorable(inner, [...path, member]));
}

const notStorable = (path: readonly string[], because: string): UserError => ({
  field: [...path],
  code: 'INVALID_TEXT',
  message: `This ${because}, which is no text. Take it out.`,
});
