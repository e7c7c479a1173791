import { type ExecutionResult, GraphQLError } from 'graphql';
import { AppError } from '../../core/app-error.ts';

/** The most UTF-16 units of all names and texts of an answer together. */
export const LONGEST_ANSWER = 10_000_000;
/** The approximate length of a value without text in JSON, or of the punctuation around a text. */
export const VALUE_LENGTH = 4;

/**
 * Refuses a result that is too long, before it is serialized. The length of texts is known only now: a document may ask
 * for a few megabytes under a hundred names.
 */
export function boundAnswer(result: ExecutionResult): ExecutionResult {
  return lengthOf(result.data, LONGEST_ANSWER) > LONGEST_ANSWER
    ? { errors: [new GraphQLError(tooLong().message, { originalError: tooLong() })] }
    : result;
}

/** Stops counting once the length exceeds `enough`. */
export function lengthOf(value: unknown, enough: number): number {
  if (typeof value === 'string') return value.length + VALUE_LENGTH;
  if (typeof value !== 'object' || value === null) return VALUE_LENGTH;
  let length = VALUE_LENGTH;
  const isList = Array.isArray(value);
  for (const name in value) {
    if (!isList) length += name.length;
    length += lengthOf((value as Record<string, unknown>)[name], enough - length);
    if (length > enough) break;
  }
  return length;
}

function tooLong(): AppError {
  return new AppError('BAD_USER_INPUT', 'The answer would have more than 10 million characters.', {
    hint: 'Ask for smaller pages or fewer fields. If it was a mutation, its work is done.',
  });
}
