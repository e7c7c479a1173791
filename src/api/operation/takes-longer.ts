import {
  type DocumentNode,
  type GraphQLSchema,
  getOperationAST,
  Kind,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { Extensions } from 'type-graphql';

/** Lets an operation with this field take so many seconds where that is more than others may. */
export function TakesLonger(seconds: number): MethodDecorator {
  return Extensions({ seconds });
}

/** How long an operation says it may take. Null: it says nothing. */
export function secondsOf(schema: GraphQLSchema, document: DocumentNode, operationName?: string | null): number | null {
  const operation = getOperationAST(document, operationName);
  const fields = operation ? schema.getRootType(operation.operation)?.getFields() : undefined;
  if (!operation || fields === undefined) return null;
  const named = [...rootFields(operation, document)].map((name) => fields[name]?.extensions.seconds);
  const seconds = named.filter((value) => typeof value === 'number');
  return seconds.length === 0 ? null : Math.max(...seconds);
}

/** Each fragment is looked at once, however often it is spread. */
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
