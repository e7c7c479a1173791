import {
  type DocumentNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  Lexer,
  parse,
  Source,
  specifiedRules,
  TokenKind,
  validate,
} from 'graphql';
import { cut } from '../../core/fold.ts';
import { tooRepetitive } from './too-repetitive.ts';

/**
 * The most tokens of a document. Introspection by tools has about 200 tokens, a client's longest document a few
 * hundred.
 */
const MOST_TOKENS = 4000;
/** The most UTF-16 units of a document. */
const MOST_CHARACTERS = 100_000;
/** The most levels of brackets, of any kind. The parser recurses into each of them. */
const DEEPEST_NESTING = 64;
/** The most operations, and the most fragments, in one document. Some rules of GraphQL compare every pair of them. */
const MOST_DEFINITIONS = 100;
const MOST_ERRORS = 10;
const LONGEST_MESSAGE = 500;

/** `tokens`: the number of tokens, for the cache. */
export type ReadDocument =
  | { kind: 'valid'; document: DocumentNode; tokens: number }
  | { kind: 'refused'; errors: readonly GraphQLError[] };

/**
 * Parses and validates a document. Each step keeps the next one cheap: a document that is too long, too deep or too
 * repetitive is refused before the steps that would take long for it.
 */
export function readDocument(schema: GraphQLSchema, query: string): ReadDocument {
  try {
    const tokens = countTokens(query);
    const document = parse(query);
    checkDefinitions(document);
    const faults = validate(schema, document, specifiedRules, { maxErrors: MOST_ERRORS });
    if (faults.length === 0) return { kind: 'valid', document, tokens };
    return { kind: 'refused', errors: faults.map((fault) => coded(fault, 'GRAPHQL_VALIDATION_FAILED')) };
  } catch (error) {
    if (error instanceof GraphQLError) return { kind: 'refused', errors: [coded(error, 'GRAPHQL_PARSE_FAILED')] };
    throw error;
  }
}

/** Throws a GraphQLError when there are too many tokens, or they are nested too deep to be parsed. */
function countTokens(query: string): number {
  if (query.length > MOST_CHARACTERS) throw tooLong(`${MOST_CHARACTERS} characters`);
  const lexer = new Lexer(new Source(query));
  let tokens = 0;
  let depth = 0;
  for (let { kind } = lexer.advance(); kind !== TokenKind.EOF; { kind } = lexer.advance()) {
    if (++tokens > MOST_TOKENS) throw tooLong(`${MOST_TOKENS} tokens`);
    if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L || kind === TokenKind.PAREN_L) depth++;
    if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R || kind === TokenKind.PAREN_R) depth--;
    if (depth > DEEPEST_NESTING) throw new GraphQLError(`A document is at most ${DEEPEST_NESTING} brackets deep.`);
  }
  return tokens;
}

/** Throws a GraphQLError when there are too many definitions, or too many repeated fields. */
function checkDefinitions(document: DocumentNode): void {
  for (const kind of [Kind.OPERATION_DEFINITION, Kind.FRAGMENT_DEFINITION]) {
    const number = document.definitions.filter((definition) => definition.kind === kind).length;
    if (number > MOST_DEFINITIONS) throw tooLong(`${MOST_DEFINITIONS} operations and as many fragments`);
  }
  if (tooRepetitive(document)) throw new GraphQLError('The document repeats the same fields too often.');
}

function tooLong(most: string): GraphQLError {
  return new GraphQLError(`A document has at most ${most}.`);
}

/** Gives an error the code that Apollo uses. */
function coded(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(cut(error.message, LONGEST_MESSAGE), {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    extensions: { code },
  });
}
