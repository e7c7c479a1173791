import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { AppError } from '../../core/app-error.ts';
import { weighOperation } from './weigh-operation.ts';

/** Levels of an answer. */
const DEEPEST = 15;
/** What one operation may cost, in values of its answer. */
export const HIGHEST_COST = 100_000;

/**
 * Refuses a valid operation that would be too much to answer, whatever it asks for: too deep, or more than one budget
 * allows. Null: it may be executed.
 *
 * graphql-armor was tried in its place. It takes a page whose length stands in a variable, or is the default, for one item, a
 * count for a plain value, and introspection for nothing; and it looks while GraphQL already compares repeated fields.
 */
export function checkCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): AppError | null {
  const { own: cost, depth } = weighOperation(schema, document, operation, variables);
  if (depth > DEEPEST) return tooMuch(`it is ${depth} levels deep, and ${DEEPEST} are the most`);
  if (cost > HIGHEST_COST)
    return tooMuch(`it comes to ${spoken(cost)} values, and ${spoken(HIGHEST_COST)} are the most`);
  return null;
}

function spoken(number: number): string {
  return number > 1e15 ? 'countless' : Math.round(number).toLocaleString('en', { useGrouping: true });
}

function tooMuch(what: string): AppError {
  return new AppError('BAD_USER_INPUT', `This asks for too much at once: ${what}.`, {
    hint: 'Ask for smaller pages or fewer fields, or split it into several requests. A count costs as much as 1,000 values.',
  });
}
