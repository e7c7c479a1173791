import {
  BREAK,
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  type GraphQLField,
  GraphQLID,
  type GraphQLLeafType,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLSchema,
  GraphQLString,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  OperationTypeNode,
  TypeNameMetaFieldDef,
  visit,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { VALUE_LENGTH } from './bound-answer.ts';

export type OperationPlan = { object: ObjectPlan; fragments: Record<string, FragmentDefinitionNode> };

/**
 * The fields that a document requests of an object, in the order of the answer. `length`: that of the names, and of the
 * values without their texts.
 */
export type ObjectPlan = { fields: readonly FieldPlan[]; length: number };

/** The facts about a field that are the same for each object. */
export type FieldPlan = {
  /** The name in the answer. */
  name: string;
  /** The places in the document that request it. */
  nodes: readonly FieldNode[];
  parent: GraphQLObjectType;
  definition: GraphQLField<unknown, unknown>;
  value: ValuePlan;
  /** It is a property of its object, and its value is not an object. */
  isPlain: boolean;
  /** A plain String or ID. */
  isText: boolean;
};

export type ValuePlan = { isNullable: boolean } & (
  | { kind: 'leaf'; type: GraphQLLeafType }
  | { kind: 'object'; object: ObjectPlan }
  | { kind: 'list'; item: ValuePlan }
);

/** The most fields of a plan. A fragment counts wherever it is spread, and plans are kept as long as their documents. */
const MOST_FIELDS = 300;

type Planning = {
  schema: GraphQLSchema;
  fragments: Readonly<Record<string, FragmentDefinitionNode>>;
  /** How many more fields the plan may have. */
  left: number;
};

/**
 * The plan of a valid operation. Null: GraphQL's own executor has to execute it. That holds for mutations, introspection, unions,
 * directives, and very long documents.
 */
export function planOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  { operation, selectionSet }: OperationDefinitionNode,
): OperationPlan | null {
  const root = schema.getQueryType();
  if (operation !== OperationTypeNode.QUERY || !root || hasDirectives(document)) return null;
  const fragments = fragmentsOf(document);
  const planning: Planning = { schema, fragments, left: MOST_FIELDS };
  const object = planObject(planning, root, collectFields(schema, fragments, {}, root, selectionSet));
  return object && { object, fragments };
}

function hasDirectives(document: DocumentNode): boolean {
  let found = false;
  visit(document, {
    Directive: () => {
      found = true;
      return BREAK;
    },
  });
  return found;
}

function fragmentsOf({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments = definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  return Object.fromEntries(fragments.map((fragment) => [fragment.name.value, fragment]));
}

function planObject(
  planning: Planning,
  parent: GraphQLObjectType,
  nodesByName: ReadonlyMap<string, readonly FieldNode[]>,
): ObjectPlan | null {
  planning.left -= nodesByName.size;
  const fields: FieldPlan[] = [];
  let length = 0;
  for (const [name, nodes] of nodesByName) {
    const field = planField(planning, parent, name, nodes);
    if (field === null) return null;
    fields.push(field);
    length += name.length + VALUE_LENGTH;
  }
  return { fields, length };
}

function planField(
  planning: Planning,
  parent: GraphQLObjectType,
  name: string,
  nodes: readonly FieldNode[],
): FieldPlan | null {
  const asked = nodes[0]?.name.value ?? '';
  const definition = asked === TypeNameMetaFieldDef.name ? TypeNameMetaFieldDef : parent.getFields()[asked];
  // A property with the name __proto__ would become an object's prototype.
  if (definition === undefined || name === '__proto__') return null;
  const value = planValue(planning, definition.type, nodes);
  if (value === null) return null;
  const leaf = value.kind === 'leaf' ? value.type : null;
  const isPlain = leaf !== null && definition.resolve === undefined && definition.args.length === 0;
  const isText = isPlain && (leaf === GraphQLString || leaf === GraphQLID);
  return { name, nodes, parent, definition, value, isPlain, isText };
}

function planValue(planning: Planning, type: GraphQLOutputType, nodes: readonly FieldNode[]): ValuePlan | null {
  if (isNonNullType(type)) {
    const value = planValue(planning, type.ofType, nodes);
    return value && { ...value, isNullable: false };
  }
  if (isListType(type)) {
    const item = planValue(planning, type.ofType, nodes);
    return item && { kind: 'list', item, isNullable: true };
  }
  if (isLeafType(type)) {
    return { kind: 'leaf', type, isNullable: true };
  }
  // A type with `isTypeOf` belongs to a union, so each value must be checked.
  if (!isObjectType(type) || type.isTypeOf || planning.left < 0) return null;
  const { schema, fragments } = planning;
  const object = planObject(planning, type, collectSubfields(schema, fragments, {}, type, nodes));
  return object && { kind: 'object', object, isNullable: true };
}
