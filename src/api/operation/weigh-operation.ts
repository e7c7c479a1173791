import {
  type DocumentNode,
  type FieldNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLField,
  type GraphQLNamedType,
  type GraphQLSchema,
  getArgumentValues,
  getNamedType,
  getNullableType,
  isListType,
  isObjectType,
  Kind,
  type OperationDefinitionNode,
  SchemaMetaFieldDef,
  type SelectionSetNode,
  TypeMetaFieldDef,
  type ValueNode,
} from 'graphql';

/**
 * The cost of a selection: `own` once, plus `perItem` for each item of the page around it. `depth` counts its levels.
 */
export type Weight = { own: number; perItem: number; depth: number };

/** One value of an answer. */
const VALUE = 1;
/** Each page is a query to the database. */
const PAGE = 100;
const MUTATION = 500;
/** Fields that count rows in the database, by name. */
const counting: Readonly<Record<string, number>> = { totalCount: 1000, contactCount: 100 };

/** Assumed items of a list without an argument for its length; `longLists` has the lists that are often longer. */
const LIST_LENGTH = 10;
const longLists: Readonly<Record<string, number>> = { mappings: 40, defaultMappings: 40 };
/**
 * Assumed items of introspection's lists, except `types`. The lists not named here have less than one item on average.
 */
const introspectionLists: Readonly<Record<string, number>> = { fields: 4, enumValues: 2 };

type Weighing = {
  schema: GraphQLSchema;
  fragments: ReadonlyMap<string, FragmentDefinitionNode>;
  variables: Readonly<Record<string, unknown>>;
  /** The weights of fragments. Each is weighed once, even if it is spread many times. */
  weighed: Map<string, Weight>;
  /** Selections visited so far. */
  steps: number;
  /** Whether the weight is the same for all variables. */
  isFixed: boolean;
};

/**
 * Weighs a valid operation with its coerced variables. A fragment counts each time it is spread, so the sum can reach
 * Infinity. The work stays one step for each selection of the document.
 */
export function weighOperation(
  schema: GraphQLSchema,
  document: DocumentNode,
  operation: OperationDefinitionNode,
  variables: Readonly<Record<string, unknown>>,
): Weight & Pick<Weighing, 'steps' | 'isFixed'> {
  const fragments = document.definitions.filter((definition) => definition.kind === Kind.FRAGMENT_DEFINITION);
  const weighing: Weighing = {
    schema,
    fragments: new Map(fragments.map((fragment) => [fragment.name.value, fragment])),
    variables,
    weighed: new Map(),
    steps: 0,
    isFixed: true,
  };
  const { own, perItem, depth } = weighSet(weighing, operation.selectionSet, schema.getRootType(operation.operation));
  return { own: own + perItem, perItem: 0, depth, steps: weighing.steps, isFixed: weighing.isFixed };
}

function weighSet(weighing: Weighing, set: SelectionSetNode, type: GraphQLNamedType | undefined | null): Weight {
  const sum: Weight = { own: 0, perItem: 0, depth: 0 };
  for (const selection of set.selections) {
    weighing.steps++;
    let weight: Weight;
    if (selection.kind === Kind.FIELD) weight = weighField(weighing, selection, type);
    else if (selection.kind === Kind.FRAGMENT_SPREAD) weight = weighFragment(weighing, selection.name.value);
    else {
      const condition = selection.typeCondition;
      weight = weighSet(
        weighing,
        selection.selectionSet,
        condition ? weighing.schema.getType(condition.name.value) : type,
      );
    }
    sum.own += weight.own;
    sum.perItem += weight.perItem;
    sum.depth = Math.max(sum.depth, weight.depth);
  }
  return sum;
}

function weighFragment(weighing: Weighing, name: string): Weight {
  const known = weighing.weighed.get(name);
  if (known !== undefined) return known;
  const fragment = weighing.fragments.get(name);
  const type = fragment && weighing.schema.getType(fragment.typeCondition.name.value);
  const weight = fragment ? weighSet(weighing, fragment.selectionSet, type) : { own: 0, perItem: 0, depth: 0 };
  weighing.weighed.set(name, weight);
  return weight;
}

function weighField(weighing: Weighing, node: FieldNode, parent: GraphQLNamedType | undefined | null): Weight {
  const name = node.name.value;
  const field = fieldOf(parent, name);
  const isMeta = name.startsWith('__') || parent?.name.startsWith('__') === true;
  const below =
    node.selectionSet && field
      ? weighSet(weighing, node.selectionSet, getNamedType(field.type))
      : { own: 0, perItem: 0, depth: 0 };
  const depth = below.depth + 1;
  const page = field && pageLength(field, node, weighing);
  const inside = below.own + (page ?? LIST_LENGTH) * below.perItem;
  // The field of the page multiplies by the number of items.
  if (name === 'nodes') return { own: VALUE, perItem: VALUE + inside, depth };
  let own = counting[name] ?? VALUE;
  if (page !== undefined) own += PAGE;
  if (parent && parent === weighing.schema.getMutationType()) own += MUTATION;
  return { own: own + listLength(weighing.schema, field, isMeta) * inside, perItem: 0, depth };
}

function fieldOf(
  parent: GraphQLNamedType | undefined | null,
  name: string,
): GraphQLField<unknown, unknown> | undefined {
  if (name === SchemaMetaFieldDef.name) return SchemaMetaFieldDef;
  if (name === TypeMetaFieldDef.name) return TypeMetaFieldDef;
  return isObjectType(parent) ? parent.getFields()[name] : undefined;
}

function listLength(schema: GraphQLSchema, field: GraphQLField<unknown, unknown> | undefined, isMeta: boolean): number {
  if (field === undefined || !isListType(getNullableType(field.type))) return 1;
  if (!isMeta) return longLists[field.name] ?? LIST_LENGTH;
  return field.name === 'types' ? Object.keys(schema.getTypeMap()).length : (introspectionLists[field.name] ?? 1);
}

/** How many items a page asks for; undefined when the field is no page. The resolver refuses a `first` out of range. */
function pageLength(field: GraphQLField<unknown, unknown>, node: FieldNode, weighing: Weighing): number | undefined {
  const declared = field.args.find((arg) => arg.name === 'first');
  if (declared === undefined) return undefined;
  if (node.arguments?.some(({ value }) => hasVariable(value))) weighing.isFixed = false;
  const first = argumentsOf(field, node, weighing.variables).first ?? declared.defaultValue;
  return typeof first === 'number' && first > 0 ? first : 1;
}

function hasVariable(value: ValueNode): boolean {
  if (value.kind === Kind.LIST) return value.values.some(hasVariable);
  if (value.kind === Kind.OBJECT) return value.fields.some((field) => hasVariable(field.value));
  return value.kind === Kind.VARIABLE;
}

function argumentsOf(
  ...of: [GraphQLField<unknown, unknown>, FieldNode, Weighing['variables']]
): Record<string, unknown> {
  try {
    return getArgumentValues(...of);
  } catch (error) {
    // The execution refuses unreadable arguments, with their place in the document.
    if (error instanceof GraphQLError) return {};
    throw error;
  }
}
