import type { DocumentNode, GraphQLSchema, OperationDefinitionNode } from 'graphql';
import { AppError } from '../../core/app-error.ts';
import { weighOperation } from './weigh-operation.ts';

/** The most levels of an answer. */
const DEEPEST = 15;
/** The most that one operation may cost, in values of its answer. */
export const HIGHEST_COST = 100_000;

/** Operations that may be executed with any variables. */
const allowed = new WeakSet<OperationDefinitionNode>();

/**
 * Refuses a valid operation that is too deep or costs too much; null when it may be executed.
 *
 * graphql-armor was tried instead. It counts a page as one item when its length is a variable or the default, a count
 * as a plain value, and introspection as nothing. It also checks only while GraphQL is already comparing repeated
 * fields.
 */
export function checkCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): AppError | null {
  if (allowed.has(operation)) return null;
  const { own: cost, depth, isFixed } = weighOperation(schema, document, operation, variables);
  if (isFixed && depth <= DEEPEST && cost <= HIGHEST_COST) allowed.add(operation);
  if (depth > DEEPEST) return tooMuch(`it is ${depth} levels deep, and the limit is ${DEEPEST}`);
  if (cost > HIGHEST_COST) return tooMuch(`it costs ${spoken(cost)} values, and the limit is ${spoken(HIGHEST_COST)}`);
  return null;
}

function spoken(number: number): string {
  return number > 1e15 ? 'countless' : Math.round(number).toLocaleString('en', { useGrouping: true });
}

function tooMuch(what: string): AppError {
  return new AppError('BAD_USER_INPUT', `This asks for too much at once: ${what}.`, {
    hint: 'Ask for smaller pages or fewer fields, or send several requests. A count costs as much as 1,000 values.',
  });
}
