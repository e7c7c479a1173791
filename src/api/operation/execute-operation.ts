import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLResolveInfo,
  type GraphQLSchema,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  Kind,
  locatedError,
  type OperationDefinitionNode,
  type ResponsePath,
} from 'graphql';
import { boundAnswer, LONGEST_ANSWER, lengthOf, VALUE_LENGTH } from './bound-answer.ts';
import { type FieldPlan, type ObjectPlan, planOperation, type ValuePlan } from './plan-operation.ts';

/** Executes a prepared query or mutation; an answer that is too long becomes an error. */
export type ExecuteOperation = (args: ExecutionArgs) => Promise<ExecutionResult>;

/** One execution of a plan. */
type Execution = {
  /** The part of a resolver's `info` that is the same for all fields. */
  about: Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'rootValue' | 'operation' | 'variableValues'>;
  context: unknown;
  errors: GraphQLError[];
  /** The places that became null by an error; `undefined` stands for the whole answer. */
  nulled: Set<ResponsePath | undefined>;
  /** The least length that the answer's names and texts have so far. */
  length: number;
};

/**
 * Executes operations, and most queries by plans. GraphQL's own executor looks at types, arguments and directives again
 * for each value of a page, which is most of the cost of an answer. Both give the same answers, with the same errors in
 * the same order. A plan is dropped together with its document.
 */
export function operationExecutor(schema: GraphQLSchema): ExecuteOperation {
  const plans = new WeakMap<OperationDefinitionNode, ObjectPlan | null>();
  const planOf = (document: DocumentNode, operation: OperationDefinitionNode): ObjectPlan | null => {
    const known = plans.get(operation);
    if (known !== undefined) return known;
    const plan = planOperation(schema, document, operation);
    plans.set(operation, plan);
    return plan;
  };
  return async (args) => {
    const operation = getOperationAST(args.document, args.operationName);
    const plan = operation && planOf(args.document, operation);
    return plan ? executePlan(plan, operation, args) : boundAnswer(await execute(args));
  };
}

async function executePlan(
  plan: ObjectPlan,
  operation: OperationDefinitionNode,
  { schema, document, rootValue, contextValue: context, variableValues }: ExecutionArgs,
): Promise<ExecutionResult> {
  const variables = getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {});
  if (variables.errors) return { errors: variables.errors };
  const fragments = fragmentsOf(document);
  const about = { schema, fragments, rootValue, operation, variableValues: variables.coerced };
  const execution: Execution = { about, context, errors: [], nulled: new Set(), length: VALUE_LENGTH };
  const data = await dataOf(execution, plan);
  const result = execution.errors.length === 0 ? { data } : { errors: execution.errors, data };
  return execution.length > LONGEST_ANSWER ? boundAnswer(result) : result;
}

function fragmentsOf({ definitions }: DocumentNode): Record<string, FragmentDefinitionNode> {
  const fragments: Record<string, FragmentDefinitionNode> = Object.create(null);
  for (const definition of definitions) {
    if (definition.kind === Kind.FRAGMENT_DEFINITION) fragments[definition.name.value] = definition;
  }
  return fragments;
}

async function dataOf(execution: Execution, plan: ObjectPlan): Promise<Record<string, unknown> | null> {
  try {
    return await fieldsOf(execution, plan, execution.about.rootValue, undefined);
  } catch (error) {
    collect(execution, error as GraphQLError, undefined);
    return null;
  }
}

type Later<T> = T | Promise<T>;

function fieldsOf(
  execution: Execution,
  { fields, length }: ObjectPlan,
  source: unknown,
  path: ResponsePath | undefined,
): Later<Record<string, unknown>> {
  const answer: Record<string, unknown> = {};
  let isLater = false;
  execution.length += length;
  try {
    for (const field of fields) {
      const value = fieldOf(execution, field, source, path);
      answer[field.name] = value;
      if (isPromise(value)) isLater = true;
    }
  } catch (error) {
    if (!isLater) throw error;
    // Wait for the other fields, because they may fail, too.
    return allOf(answer).finally(() => {
      throw error;
    });
  }
  return isLater ? allOf(answer) : answer;
}

async function allOf(answer: Record<string, unknown>): Promise<Record<string, unknown>> {
  const values = await Promise.all(Object.values(answer));
  const names = Object.keys(answer);
  const whole: Record<string, unknown> = {};
  for (let at = 0; at < names.length; at++) whole[names[at] as string] = values[at];
  return whole;
}

function fieldOf(execution: Execution, field: FieldPlan, source: unknown, parent: ResponsePath | undefined): unknown {
  const { value: plan } = field;
  // Nothing is below a plain value, so only an error needs its path.
  const path = plan.kind === 'leaf' && field.resolve === null ? undefined : placeOf(field, parent);
  try {
    const result = resolved(execution, field, source, path, parent);
    const value = isPromise(result)
      ? result.then((later) => answerOf(execution, field, plan, path, later))
      : answerOf(execution, field, plan, path, result);
    if (!isPromise(value)) return value;
    return value.then(undefined, (error) => fail(execution, field, plan, path ?? placeOf(field, parent), error));
  } catch (error) {
    return fail(execution, field, plan, path ?? placeOf(field, parent), error);
  }
}

function placeOf({ name, parent: { name: typename } }: FieldPlan, prev: ResponsePath | undefined): ResponsePath {
  return { prev, key: name, typename };
}

function resolved(
  execution: Execution,
  field: FieldPlan,
  source: unknown,
  path: ResponsePath | undefined,
  parent: ResponsePath | undefined,
): unknown {
  if (field.resolve !== null) {
    const info = infoOf(execution, field, path ?? placeOf(field, parent));
    return field.resolve(source, argumentsOf(execution, field), execution.context, info);
  }
  // Unreadable arguments are refused, even if the property does not use them.
  const args = field.takesArguments ? argumentsOf(execution, field) : null;
  if ((typeof source !== 'object' || source === null) && typeof source !== 'function') return undefined;
  const { name } = field.definition;
  const property = (source as Record<string, unknown>)[name];
  if (typeof property !== 'function') return property;
  return property.call(source, args ?? {}, execution.context, infoOf(execution, field, path ?? placeOf(field, parent)));
}

function argumentsOf({ about }: Execution, { definition, nodes, takesArguments }: FieldPlan): Record<string, unknown> {
  const [node] = nodes;
  return takesArguments && node ? getArgumentValues(definition, node, about.variableValues) : {};
}

function infoOf(
  { about }: Execution,
  { definition, nodes, parent }: FieldPlan,
  path: ResponsePath,
): GraphQLResolveInfo {
  return {
    fieldName: definition.name,
    fieldNodes: nodes,
    returnType: definition.type,
    parentType: parent,
    path,
    schema: about.schema,
    fragments: about.fragments,
    rootValue: about.rootValue,
    operation: about.operation,
    variableValues: about.variableValues,
  };
}

/** Turns what a resolver returned into the value in the answer. `path` is undefined for a plain value. */
function answerOf(
  execution: Execution,
  field: FieldPlan,
  plan: ValuePlan,
  path: ResponsePath | undefined,
  value: unknown,
): unknown {
  if (value instanceof Error) throw value;
  if (value === null || value === undefined) {
    if (plan.isNullable) return null;
    throw new Error(`Cannot return null for non-nullable field ${field.parent.name}.${field.definition.name}.`);
  }
  if (plan.kind === 'leaf') return leafOf(execution, plan, value);
  return plan.kind === 'list'
    ? listOf(execution, field, plan.item, path, value)
    : fieldsOf(execution, plan.object, value, path);
}

function leafOf(execution: Execution, { type }: ValuePlan & { kind: 'leaf' }, value: unknown): unknown {
  const serialized = type.serialize(value);
  if (typeof serialized === 'string') execution.length += serialized.length;
  else if (typeof serialized === 'object') execution.length += lengthOf(serialized, LONGEST_ANSWER);
  if (serialized !== null && serialized !== undefined) return serialized;
  throw new Error(`Expected \`${type.name}.serialize\` to return non-nullable value, returned: ${serialized}`);
}

function listOf(
  execution: Execution,
  field: FieldPlan,
  plan: ValuePlan,
  path: ResponsePath | undefined,
  list: unknown,
): Later<unknown[]> {
  if (!isIterable(list)) {
    const name = `${field.parent.name}.${field.definition.name}`;
    throw new GraphQLError(`Expected Iterable, but did not find one for field "${name}".`);
  }
  const values: unknown[] = [];
  let isLater = false;
  try {
    for (const item of list) {
      const value = itemOf(execution, field, plan, { prev: path, key: values.length, typename: undefined }, item);
      if (isPromise(value)) isLater = true;
      values.push(value);
    }
  } catch (error) {
    // Nobody waits for the other items, so their errors are ignored.
    for (const value of values) if (isPromise(value)) value.then(undefined, () => {});
    throw error;
  }
  execution.length += values.length * VALUE_LENGTH;
  return isLater ? Promise.all(values) : values;
}

function itemOf(execution: Execution, field: FieldPlan, plan: ValuePlan, path: ResponsePath, item: unknown): unknown {
  try {
    const value = isPromise(item)
      ? item.then((later) => answerOf(execution, field, plan, path, later))
      : answerOf(execution, field, plan, path, item);
    return isPromise(value) ? value.then(undefined, (error) => fail(execution, field, plan, path, error)) : value;
  } catch (error) {
    return fail(execution, field, plan, path, error);
  }
}

/**
 * Collects the error and returns null if the value may be null; otherwise throws the error on to the value around it.
 */
function fail(execution: Execution, { nodes }: FieldPlan, plan: ValuePlan, path: ResponsePath, raw: unknown): null {
  const error = locatedError(raw, nodes, keysOf(path));
  if (!plan.isNullable) throw error;
  collect(execution, error, path);
  return null;
}

/** Keeps an error, unless an earlier error has already made a value around it null. */
function collect({ errors, nulled }: Execution, error: GraphQLError, path: ResponsePath | undefined): void {
  for (let at = path; at !== undefined; at = at.prev) if (nulled.has(at)) return;
  if (nulled.has(undefined)) return;
  nulled.add(path);
  errors.push(error);
}

function keysOf(path: ResponsePath): (string | number)[] {
  const keys: (string | number)[] = [];
  for (let at: ResponsePath | undefined = path; at !== undefined; at = at.prev) keys.push(at.key);
  return keys.reverse();
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}

function isIterable(value: unknown): value is Iterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.iterator in value;
}
