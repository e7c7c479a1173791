import { AppError } from '../../core/app-error.ts';
import { isStorable } from '../../core/storable-text.ts';

/** A text to look for, null when it is left out. AppError BAD_USER_INPUT for one that no stored text can hold. */
export function textArgument(name: string, value: string | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  if (!isStorable(value)) {
    throw new AppError('BAD_USER_INPUT', `\`${name}\` takes text without U+0000 and without half surrogate pairs.`);
  }
  return value;
}
