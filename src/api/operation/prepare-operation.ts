import {
  type DocumentNode,
  type ExecutionArgs,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  type OperationTypeNode,
  parse,
  specifiedRules,
  validate,
} from 'graphql';
import type { ApiContext } from '../api-context.ts';
import { checkCost, MOST_TOKENS } from './check-cost.ts';

/** A request as it came over a WebSocket or for server-sent events. */
export type OperationRequest = {
  query: string;
  operationName?: string | null;
  variables?: Readonly<Record<string, unknown>> | null;
};

export type PreparedOperation =
  | { kind: 'ready'; type: OperationTypeNode; args: ExecutionArgs & { contextValue: ApiContext } }
  | { kind: 'refused'; errors: readonly unknown[] };

/** Documents remembered as parsed and valid. */
const MOST_REMEMBERED = 500;

/** Parses, validates and weighs requests; many viewers send the same few documents. */
export function operationPreparer(schema: GraphQLSchema) {
  const known = new Map<string, DocumentNode | readonly GraphQLError[]>();
  const read = (query: string) => {
    const document = known.get(query) ?? readDocument(schema, query);
    known.delete(query);
    known.set(query, document);
    const oldest = known.size > MOST_REMEMBERED ? known.keys().next().value : undefined;
    if (oldest !== undefined) known.delete(oldest);
    return document;
  };
  return ({ query, operationName, variables }: OperationRequest, contextValue: ApiContext): PreparedOperation => {
    const document = read(query);
    if (!('kind' in document)) return { kind: 'refused', errors: document };
    const operation = getOperationAST(document, operationName);
    if (!operation) {
      const error = new GraphQLError('Say by `operationName` which operation of the document is meant.', {
        extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
      });
      return { kind: 'refused', errors: [error] };
    }
    const tooMuch = checkCost(schema, document, operation, variables ?? {});
    if (tooMuch !== null) return { kind: 'refused', errors: [tooMuch] };
    const args = { schema, document, operationName, variableValues: variables, contextValue };
    return { kind: 'ready', type: operation.operation, args };
  };
}

function readDocument(schema: GraphQLSchema, query: string): DocumentNode | readonly GraphQLError[] {
  try {
    const document = parse(query, { maxTokens: MOST_TOKENS });
    const faults = validate(schema, document, specifiedRules, { maxErrors: 20 });
    return faults.length === 0 ? document : faults.map((fault) => coded(fault, 'GRAPHQL_VALIDATION_FAILED'));
  } catch (error) {
    if (error instanceof GraphQLError) return [coded(error, 'GRAPHQL_PARSE_FAILED')];
    throw error;
  }
}

/** With the code that Apollo gives it on HTTP. */
const coded = (error: GraphQLError, code: string): GraphQLError =>
  new GraphQLError(error.message, {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    extensions: { code },
  });
