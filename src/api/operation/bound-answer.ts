import { type ExecutionResult, GraphQLError } from 'graphql';
import { AppError } from '../../core/app-error.ts';

/** UTF-16 units of an answer's names and texts. */
const LONGEST_ANSWER = 10_000_000;
/** What a value without a text takes in JSON, and what surrounds one. */
const VALUE = 4;

/**
 * What is sent for a result. How long texts are is known only now, and what would be too long, a few megabytes asked for
 * under a hundred names, is refused before it is written out.
 */
export function boundAnswer(result: ExecutionResult): ExecutionResult {
  return lengthOf(result.data, LONGEST_ANSWER) > LONGEST_ANSWER
    ? { errors: [new GraphQLError(tooLong().message, { originalError: tooLong() })] }
    : result;
}

/** Stops counting where it exceeds `enough`. */
function lengthOf(value: unknown, enough: number): number {
  if (typeof value === 'string') return value.length + VALUE;
  if (typeof value !== 'object' || value === null) return VALUE;
  let length = VALUE;
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
    hint: 'Ask for smaller pages or fewer fields. What a mutation was to do has been done.',
  });
}
