import { hash } from 'node:crypto';
import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  getOperationAST,
  getVariableValues,
  type OperationDefinitionNode,
  type OperationTypeNode,
} from 'graphql';
import { LRUCache } from 'lru-cache';
import { cut } from '../../core/fold.ts';
import type { ApiContext } from '../api-context.ts';
import { checkCost } from './check-cost.ts';
import type { ToExecute } from './execute-operation.ts';
import { readDocument } from './read-document.ts';

/** A request as it arrived, by any transport. */
export type OperationRequest = {
  query: string;
  operationName?: string | null;
  variables?: Readonly<Record<string, unknown>> | null;
};

export type PreparedOperation =
  | { kind: 'ready'; type: OperationTypeNode; args: ToExecute & { contextValue: ApiContext } }
  | { kind: 'refused'; errors: readonly unknown[] };

export type OperationPreparer = {
  /** Makes all checks that come before the execution of an operation. */
  prepare(request: OperationRequest, contextValue: ApiContext): PreparedOperation;
  /** A document that is still in the cache, by the SHA-256 of its text in hexadecimal. */
  known(hash: string): DocumentNode | undefined;
};

const MOST_VARIABLE_ERRORS = 5;
const LONGEST_MESSAGE = 500;

/** Parses, validates and weighs requests. It caches documents, because many viewers send the same few. */
export function operationPreparer(schema: GraphQLSchema): OperationPreparer {
  const hashes = new Map<string, string>();
  const cache = createDocumentCache(MOST_BYTES, (query) => hashes.delete(hashOf(query)));
  const read = (query: string): DocumentNode | readonly GraphQLError[] => {
    const known = cache.get(query);
    if (known !== undefined) return known.document;
    const outcome = readDocument(schema, query);
    if (outcome.kind === 'refused') return outcome.errors;
    hashes.set(hashOf(query), query);
    cache.set(query, { document: outcome.document, characters: query.length, tokens: outcome.tokens });
    return outcome.document;
  };
  const prepare = ({ query, operationName, variables }: OperationRequest, contextValue: ApiContext) => {
    const document = read(query);
    if (!('kind' in document)) return refused(document);
    const operation = getOperationAST(document, operationName);
    if (!operation) return refused([unresolved()]);
    const { errors, coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables ?? {}, {
      maxErrors: MOST_VARIABLE_ERRORS,
    });
    if (errors !== undefined) return refused(errors.map(badVariable));
    const tooMuch = checkCost(schema, document, operation, coerced);
    if (tooMuch !== null) return refused([tooMuch]);
    return ready(operation, { schema, document, operationName, variableValues: variables, coerced, contextValue });
  };
  const known = (hash: string) => {
    const query = hashes.get(hash);
    return query === undefined ? undefined : cache.get(query)?.document;
  };
  return { prepare, known };
}

function hashOf(query: string): string {
  return hash('sha256', query);
}

function refused(errors: readonly unknown[]): PreparedOperation {
  return { kind: 'refused', errors };
}

function ready(
  { operation: type }: OperationDefinitionNode,
  args: ToExecute & { contextValue: ApiContext },
): PreparedOperation {
  return { kind: 'ready', type, args };
}

function unresolved(): GraphQLError {
  return new GraphQLError('Name one operation of the document in `operationName`.', {
    extensions: { code: 'OPERATION_RESOLUTION_FAILURE' },
  });
}

/**
 * Says which variable is wrong, at which place and why. GraphQL's own message also repeats the value that was sent. That
 * can be a whole input with a password in it, and clients show and log messages.
 */
function badVariable({ message, nodes, originalError }: GraphQLError): GraphQLError {
  const said = originalError === undefined ? message : withoutValue(message, originalError.message);
  return new GraphQLError(cut(said, LONGEST_MESSAGE), { nodes, extensions: { code: 'BAD_USER_INPUT' } });
}

/** `Variable "$name" got invalid value <the value> at "name.path"; <why>`, without the value. */
function withoutValue(message: string, why: string): string {
  const about = message.slice(0, message.length - `; ${why}`.length);
  const start = / got invalid value /.exec(about);
  if (start === null) return message;
  const place = / at "[\w.[\]]+"$/.exec(about)?.[0] ?? '';
  return `${about.slice(0, start.index)} got an invalid value${place}; ${why.replace(SENT_TEXT, '$1.')}`;
}

/** What GraphQL says where text was expected, with the value that was sent in its place. */
const SENT_TEXT = /^((?:String|ID) cannot represent (?:a non string value|value)): .*$/s;

/** The most bytes that all cached documents may take together. */
const MOST_BYTES = 16 * 1024 * 1024;
/** The bytes of a parsed token; 250 to 510 were measured. */
const BYTES_PER_TOKEN = 600;
const BYTES_PER_CHARACTER = 2;

/** A valid document, with the number of characters and tokens of its text. */
type Known = { document: DocumentNode; characters: number; tokens: number };

/** Valid documents by their text; the least recently used are dropped first. `onDrop` is called with their text. */
export function createDocumentCache(
  mostBytes = MOST_BYTES,
  onDrop: (query: string) => void = () => {},
): LRUCache<string, Known> {
  return new LRUCache({
    dispose: (_known, query) => onDrop(query),
    maxSize: mostBytes,
    sizeCalculation: ({ characters, tokens }) => characters * BYTES_PER_CHARACTER + tokens * BYTES_PER_TOKEN,
  });
}
