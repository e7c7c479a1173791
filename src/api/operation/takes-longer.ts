import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { Extensions } from 'type-graphql';

/** Lets an operation with this field take this many seconds, if that is more than the usual limit. */
export function TakesLonger(seconds: number): MethodDecorator {
  return Extensions({ seconds });
}

/** The limits that are known, by operation. */
const known = new WeakMap<OperationDefinitionNode, number | null>();

/** The longest time that the fields of an operation declare, in seconds; null when none declares any. */
export function secondsOf(schema: GraphQLSchema, document: DocumentNode, operationName?: string | null): number | null {
  const operation = getOperationAST(document, operationName);
  if (!operation) return null;
  let seconds = known.get(operation);
  if (seconds === undefined) {
    const fields = schema.getRootType(operation.operation)?.getFields() ?? {};
    const declared = [...rootFields(operation, document)].map((name) => fields[name]?.extensions.seconds);
    const numbers = declared.filter((value) => typeof value === 'number');
    seconds = numbers.length === 0 ? null : Math.max(...numbers);
    known.set(operation, seconds);
  }
  return seconds;
}

/** Visits each fragment once, even if it is spread many times. */
function rootFields(operation: OperationDefinitionNode, document: DocumentNode): Set<string> {
  const names = new Set<string>();
  const seen = new Set<string>();
  const look = ({ selections }: SelectionSetNode): void => {
    for (const selection of selections) {
      if (selection.kind === Kind.FIELD) names.add(selection.name.value);
      else if (selection.kind === Kind.INLINE_FRAGMENT) look(selection.selectionSet);
      else if (!seen.has(selection.name.value)) {
        seen.add(selection.name.value);
        for (const definition of document.definitions) {
          if (definition.kind === Kind.FRAGMENT_DEFINITION && definition.name.value === selection.name.value) {
            look(definition.selectionSet);
          }
        }
      }
    }
  };
  look(operation.selectionSet);
  return names;
}
