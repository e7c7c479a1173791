import {
  type DocumentNode,
  type FieldNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getVariableValues,
  isObjectType,
  type OperationDefinitionNode,
  type SelectionSetNode,
} from 'graphql';
import { AppError } from '../../core/app-error.ts';

/** Of a document; the largest that tools send (introspection) has some 600. */
export const MOST_TOKENS = 10_000;
const DEEPEST = 15;
/** Fields of one request, fragments spread out. */
const MOST_FIELDS = 2000;
/** Items that all lists of one request may come to together, by what they ask for as `first`. */
const MOST_ITEMS = 50_000;

type Weighing = {
  schema: GraphQLSchema;
  document: DocumentNode;
  variables: Readonly<Record<string, unknown>>;
  fields: number;
  items: number;
};

/**
 * Refuses a valid operation that would cost too much to answer: too deep, too many fields, or lists within lists that come
 * to too many items. Null: it may be executed.
 */
export function checkCost(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): AppError | null {
  const { coerced } = getVariableValues(schema, operation.variableDefinitions ?? [], variables);
  // Variables that can't be read are refused, with their place, when the operation is executed.
  if (coerced === undefined) return null;
  const weighing: Weighing = { schema, document, variables: coerced, fields: 0, items: 0 };
  const root = schema.getRootType(operation.operation);
  return root ? weigh(weighing, operation.selectionSet, root.name, 1, 1) : null;
}

function weigh(weighing: Weighing, set: SelectionSetNode, type: string, depth: number, times: number): AppError | null {
  if (depth > DEEPEST) return tooMuch(`more than ${DEEPEST} levels deep`);
  for (const selection of set.selections) {
    let over: AppError | null = null;
    if (selection.kind === 'Field') {
      over = weighField(weighing, selection, type, depth, times);
    } else {
      const part = selection.kind === 'InlineFragment' ? selection : fragment(weighing.document, selection.name.value);
      if (part) over = weigh(weighing, part.selectionSet, part.typeCondition?.name.value ?? type, depth, times);
    }
    if (over !== null) return over;
  }
  return null;
}

function weighField(w: Weighing, node: FieldNode, type: string, depth: number, times: number): AppError | null {
  // Introspection costs the same for everybody.
  if (node.name.value.startsWith('__')) return null;
  w.fields++;
  if (w.fields > MOST_FIELDS) return tooMuch(`more than ${MOST_FIELDS} fields`);
  const parent = w.schema.getType(type);
  const field = isObjectType(parent) ? parent.getFields()[node.name.value] : undefined;
  if (field === undefined || node.selectionSet === undefined) return null;
  const first = firstOf(field, node, w.variables);
  w.items += first === null ? 0 : times * first;
  if (w.items > MOST_ITEMS) return tooMuch(`lists of more than ${MOST_ITEMS} items together`);
  return weigh(w, node.selectionSet, getNamedType(field.type).name, depth + 1, times * (first ?? 1));
}

/** How many items a page asks for; null: no page. What is out of range is refused when it is read. */
function firstOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): number | null {
  const declared = field.args.find((arg) => arg.name === 'first');
  if (declared === undefined) return null;
  const given = argumentOf(field, node, variables);
  const first = given ?? declared.defaultValue;
  return typeof first === 'number' && first > 0 ? first : 1;
}

function argumentOf(
  field: GraphQLField<unknown, unknown>,
  node: FieldNode,
  variables: Readonly<Record<string, unknown>>,
): unknown {
  try {
    return getArgumentValues(field, node, variables).first;
  } catch (error) {
    // Arguments that can't be read are refused, with their place, when the operation is executed.
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}

const fragment = (document: DocumentNode, name: string) =>
  document.definitions
    .filter((definition) => definition.kind === 'FragmentDefinition')
    .find((definition) => definition.name.value === name);

const tooMuch = (what: string): AppError =>
  new AppError('BAD_USER_INPUT', `This asks for too much at once: ${what}.`, {
    hint: 'Split it into several requests.',
  });
