import type { Fault } from '../../core/user-error.ts';

/** Longer than any DN, name or URL that a directory knows. */
const LONGEST_TEXT = 2000;

/** One fault for a list that has more than `most` items; such a list is not looked into. */
export function tooMany(path: readonly string[], list: readonly unknown[], most: number): Fault[] {
  return list.length <= most ? [] : [{ path, code: 'TOO_MANY', message: `At most ${most} are possible.` }];
}

/** A fault for a text that nobody could have meant. Null: there is none. */
export function tooLong(path: readonly string[], text: string | null, most: number = LONGEST_TEXT): Fault[] {
  return text === null || text.length <= most
    ? []
    : [{ path, code: 'TOO_LONG', message: `At most ${most} characters.` }];
}
