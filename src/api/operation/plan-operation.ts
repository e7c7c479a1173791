import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  type GraphQLFieldResolver,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  isAbstractType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
} from 'graphql';
import { VALUE_LENGTH } from './bound-answer.ts';

/** The fields to answer for an object, in the order of the document. */
export type ObjectPlan = {
  fields: readonly FieldPlan[];
  /** The length of the fields in an answer, without their texts. */
  length: number;
};

/** What is found out once for a field of a document, and not again for each object. */
export type FieldPlan = {
  /** The name in the answer. */
  name: string;
  /** Its places in the document; several when the document repeats the field. */
  nodes: readonly FieldNode[];
  parent: GraphQLObjectType;
  definition: GraphQLField<unknown, unknown>;
  /** Null when the field is a property of its object. */
  resolve: GraphQLFieldResolver<unknown, unknown> | null;
  takesArguments: boolean;
  value: ValuePlan;
};

export type ValuePlan = { isNullable: boolean } & (
  | { kind: 'leaf'; type: GraphQLLeafType }
  | { kind: 'object'; object: ObjectPlan }
  | { kind: 'list'; item: ValuePlan }
);

/**
 * Per plan; a fragment's fields count each time it is spread. Limited, because plans live as long as their documents.
 */
const MOST_FIELDS = 300;

type Planning = {
  schema: GraphQLSchema;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  /** How many more fields are allowed; below zero there is no plan. */
  left: number;
};

/**
 * The plan of a valid operation. Null when GraphQL's own executor has to execute it: mutations, introspection, unions,
 * very long operations, and those that depend on variables by @skip or @include.
 */
export function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
): ObjectPlan | null {
  const root = schema.getQueryType();
  if (operation.operation !== OperationTypeNode.QUERY || !root) return null;
  const definitions = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const fragments = new Map(definitions.map((fragment) => [fragment.name.value, fragment]));
  const planning: Planning = { schema, fragments, left: MOST_FIELDS };
  const plan = planObject(planning, root, [operation.selectionSet]);
  return planning.left < 0 ? null : plan;
}

function planObject(planning: Planning, type: GraphQLObjectType, sets: readonly SelectionSetNode[]): ObjectPlan {
  const nodesByName = new Map<string, FieldNode[]>();
  const spread = new Set<string>();
  for (const set of sets) collect(planning, type, set, nodesByName, spread);
  const fields = [...nodesByName].flatMap(([name, nodes]) => planField(planning, type, name, nodes) ?? []);
  const length = fields.reduce((sum, { name }) => sum + name.length + VALUE_LENGTH, 0);
  return { fields, length };
}

/** The fields of a selection by their names in the answer; each fragment counts once. */
function collect(
  planning: Planning,
  type: GraphQLObjectType,
  { selections }: SelectionSetNode,
  nodesByName: Map<string, FieldNode[]>,
  spread: Set<string>,
): void {
  for (const selection of selections) {
    if (selection.directives?.length) planning.left = -1;
    if (planning.left < 0) return;
    if (selection.kind === Kind.FIELD) {
      planning.left--;
      const name = (selection.alias ?? selection.name).value;
      const nodes = nodesByName.get(name);
      if (nodes) nodes.push(selection);
      else nodesByName.set(name, [selection]);
      continue;
    }
    const fragment =
      selection.kind === Kind.INLINE_FRAGMENT ? selection : unspread(planning, selection.name.value, spread);
    if (fragment && isOf(planning.schema, type, fragment.typeCondition?.name.value)) {
      collect(planning, type, fragment.selectionSet, nodesByName, spread);
    }
  }
}

function unspread({ fragments }: Planning, name: string, spread: Set<string>): FragmentDefinitionNode | undefined {
  if (spread.has(name)) return undefined;
  spread.add(name);
  return fragments.get(name);
}

function isOf(schema: GraphQLSchema, type: GraphQLObjectType, condition: string | undefined): boolean {
  if (condition === undefined || condition === type.name) return true;
  const wanted = schema.getType(condition);
  return isAbstractType(wanted) && schema.isSubType(wanted, type);
}

function planField(
  planning: Planning,
  parent: GraphQLObjectType,
  name: string,
  nodes: readonly FieldNode[],
): FieldPlan | null {
  const [node] = nodes;
  const definition = node && definitionOf(parent, node.name.value);
  const value = definition && planValue(planning, definition.type, nodes);
  // Setting a property of this name would change the object's prototype.
  if (!definition || !value || name === '__proto__') {
    planning.left = -1;
    return null;
  }
  const resolve = definition.resolve ?? null;
  return { name, nodes, parent, definition, resolve, takesArguments: definition.args.length > 0, value };
}

function definitionOf(parent: GraphQLObjectType, name: string): GraphQLField<unknown, unknown> | undefined {
  return name === TypeNameMetaFieldDef.name ? TypeNameMetaFieldDef : parent.getFields()[name];
}

function planValue(planning: Planning, type: GraphQLOutputType, nodes: readonly FieldNode[]): ValuePlan | null {
  if (planning.left < 0) return null;
  if (isNonNullType(type)) {
    const value = planValue(planning, type.ofType, nodes);
    return value && { ...value, isNullable: false };
  }
  if (isListType(type)) {
    const item = planValue(planning, type.ofType, nodes);
    return item && { kind: 'list', item, isNullable: true };
  }
  if (isLeafType(type)) return { kind: 'leaf', type, isNullable: true };
  // Only the types of a union have an `isTypeOf`.
  if (!isObjectType(type) || type.isTypeOf) return null;
  const sets = nodes.flatMap(({ selectionSet }) => selectionSet ?? []);
  return { kind: 'object', object: planObject(planning, type, sets), isNullable: true };
}
