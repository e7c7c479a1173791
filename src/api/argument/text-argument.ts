import { AppError } from '../../core/app-error.ts';
import { unstorableBecause } from '../../core/storable-text.ts';

/** A text to look for, null when it is left out. AppError BAD_USER_INPUT for one that no stored text can hold. */
export function textArgument(name: string, value: string | null | undefined): string | null {
  if (value === null || value === undefined) return null;
  const because = unstorableBecause(value);
  if (because !== null) throw new AppError('BAD_USER_INPUT', `\`${name}\` ${because}, which no stored text does.`);
  return value;
}
