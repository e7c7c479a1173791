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

/** Of a document; what tools send (introspection) has some 200, and the longest of a client's own a few hundred. */
const MOST_TOKENS = 4000;
/** UTF-16 units of a document. */
const MOST_CHARACTERS = 100_000;
/** Brackets of any kind within each other: the parser goes down into each by recursion. */
const DEEPEST_NESTING = 64;
/** Operations, and fragments, of one document: some rules of GraphQL look at every pair of them. */
const MOST_DEFINITIONS = 100;
const MOST_ERRORS = 10;
const LONGEST_MESSAGE = 500;

/** `tokens`: how long it is, for whoever keeps it. */
export type ReadDocument =
  | { kind: 'valid'; document: DocumentNode; tokens: number }
  | { kind: 'refused'; errors: readonly GraphQLError[] };

/**
 * Parses and validates a document. Each step is made cheap by the one before: what is too long, too deep or repeats itself
 * is refused before the steps that would take long over it.
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

/** Throws a GraphQLError when there are too many, or they are nested too deep to be parsed. */
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

/** Throws a GraphQLError. */
function checkDefinitions(document: DocumentNode): void {
  for (const kind of [Kind.OPERATION_DEFINITION, Kind.FRAGMENT_DEFINITION]) {
    const number = document.definitions.filter((definition) => definition.kind === kind).length;
    if (number > MOST_DEFINITIONS) throw tooLong(`${MOST_DEFINITIONS} operations and as many fragments`);
  }
  if (tooRepetitive(document)) throw new GraphQLError('The document asks for the same fields again and again.');
}

function tooLong(most: string): GraphQLError {
  return new GraphQLError(`A document has at most ${most}.`);
}

/** With the code that Apollo gives it. */
function coded(error: GraphQLError, code: string): GraphQLError {
  return new GraphQLError(cut(error.message, LONGEST_MESSAGE), {
    nodes: error.nodes,
    source: error.source,
    positions: error.positions,
    extensions: { code },
  });
}
