import {
  type ExecutionArgs,
  type ExecutionResult,
  execute,
  GraphQLError,
  type GraphQLResolveInfo,
  getArgumentValues,
  getOperationAST,
  getVariableValues,
  locatedError,
  type OperationDefinitionNode,
  type ResponsePath,
} from 'graphql';
import { inspect } from 'graphql/jsutils/inspect.js';
import { boundAnswer, LONGEST_ANSWER, lengthOf, VALUE_LENGTH } from './bound-answer.ts';
import {
  type FieldPlan,
  type ObjectPlan,
  type OperationPlan,
  planOperation,
  type ValuePlan,
} from './plan-operation.ts';

/** `coerced`: the values of the variables, if the caller has them already. */
export type ToExecute = ExecutionArgs & { coerced?: Readonly<Record<string, unknown>> };

/** The plans, by operation. A plan is forgotten with its document. */
const plans = new WeakMap<OperationDefinitionNode, OperationPlan | null>();

/**
 * Executes a valid query or mutation. An answer that is too long becomes an error.
 *
 * GraphQL's own executor looks at types, arguments and selections again for each value, which is most of the cost of a long list. So
 * most queries are executed by plans, which are made once for a document. Both ways give the same answers, with the same errors in
 * the same order.
 */
export function executeOperation(args: ToExecute): Promise<ExecutionResult> {
  const operation = getOperationAST(args.document, args.operationName);
  const plan = operation && planOf(args, operation);
  return plan ? executePlan(plan, operation, args) : executeWithoutPlan(args);
}

async function executeWithoutPlan(args: ToExecute): Promise<ExecutionResult> {
  return boundAnswer(await execute(args));
}

function planOf({ schema, document }: ToExecute, operation: OperationDefinitionNode): OperationPlan | null {
  let plan = plans.get(operation);
  if (plan === undefined) {
    plan = planOperation(schema, document, operation);
    plans.set(operation, plan);
  }
  return plan;
}

async function executePlan(
  plan: OperationPlan,
  operation: OperationDefinitionNode,
  { schema, rootValue, contextValue, variableValues, coerced }: ToExecute,
): Promise<ExecutionResult> {
  const variables = coerced
    ? { coerced }
    : getVariableValues(schema, operation.variableDefinitions ?? [], variableValues ?? {});
  if (variables.coerced === undefined) return { errors: variables.errors };
  const about = { schema, fragments: plan.fragments, rootValue, operation, variableValues: variables.coerced };
  const execution = new PlanExecution(about, contextValue);
  const data = await execution.answer(plan.object);
  const result = execution.errors.length === 0 ? { data } : { errors: execution.errors, data };
  return execution.length > LONGEST_ANSWER ? boundAnswer(result) : result;
}

type About = Pick<GraphQLResolveInfo, 'schema' | 'fragments' | 'rootValue' | 'operation' | 'variableValues'>;
type Answer = Record<string, unknown>;
type Path = ResponsePath | undefined;

class PlanExecution {
  readonly errors: GraphQLError[] = [];
  /** A lower bound of the answer's length (see bound-answer.ts). */
  length = VALUE_LENGTH;
  readonly #about: About;
  readonly #context: unknown;
  /** Places where an error has left null. `undefined`: the whole answer. */
  readonly #nulled = new Set<Path>();

  constructor(about: About, context: unknown) {
    this.#about = about;
    this.#context = context;
  }

  async answer(plan: ObjectPlan): Promise<Answer | null> {
    try {
      return await this.#object(plan, this.#about.rootValue, undefined);
    } catch (error) {
      this.#collect(error as GraphQLError, undefined);
      return null;
    }
  }

  #object({ fields, length }: ObjectPlan, source: unknown, path: Path): Answer | Promise<Answer> {
    const answer: Answer = {};
    let isLater = false;
    this.length += length;
    try {
      for (const field of fields) {
        const value = this.#field(field, source, path);
        answer[field.name] = value;
        if (isPromise(value)) isLater = true;
      }
    } catch (error) {
      if (!isLater) throw error;
      // The other fields may fail, too.
      return allOf(answer).finally(() => {
        throw error;
      });
    }
    return isLater ? allOf(answer) : answer;
  }

  #field(field: FieldPlan, source: unknown, parent: Path): unknown {
    let property: unknown;
    try {
      // Nearly all values are texts or nulls, and are answered unchanged. The code below would give the same answer,
      // more slowly.
      if (field.isText && typeof source === 'object') property = (source as Answer)[field.definition.name];
      if (property === null && field.value.isNullable) return null;
      if (typeof property === 'string') {
        this.length += property.length;
        return property;
      }
    } catch (error) {
      return this.#fail(field, field.value, placeOf(field, parent), error);
    }
    // A plain value has nothing below it. So its place is needed only for an error.
    const path = field.isPlain ? undefined : placeOf(field, parent);
    const fail = (error: unknown) => this.#fail(field, field.value, path ?? placeOf(field, parent), error);
    try {
      const given = this.#given(field, source, property, path, parent);
      const value = isPromise(given)
        ? given.then((later) => this.#value(field, field.value, path, later))
        : this.#value(field, field.value, path, given);
      return isPromise(value) ? value.then(undefined, fail) : value;
    } catch (error) {
      return fail(error);
    }
  }

  /**
   * What the field's resolver returns. Without a resolver, it is a property of the object or what a method returns.
   * `read`: the property, if it has been read. A second reading could give another promise, and nobody waits for the first.
   */
  #given(field: FieldPlan, source: unknown, read: unknown, path: Path, parent: Path): unknown {
    const { definition } = field;
    const [node] = field.nodes;
    const args =
      definition.args.length > 0 && node ? getArgumentValues(definition, node, this.#about.variableValues) : {};
    const info = () => this.#info(field, path ?? placeOf(field, parent));
    if (definition.resolve) return definition.resolve(source, args, this.#context, info());
    if ((typeof source !== 'object' || source === null) && typeof source !== 'function') return undefined;
    const property = read ?? (source as Answer)[definition.name];
    return typeof property === 'function' ? property.call(source, args, this.#context, info()) : property;
  }

  #info({ definition, nodes, parent: parentType }: FieldPlan, path: ResponsePath): GraphQLResolveInfo {
    const { name: fieldName, type: returnType } = definition;
    // Copying an object's properties into another one costs more than naming them.
    const { schema, fragments, rootValue, operation, variableValues } = this.#about;
    return {
      fieldName,
      fieldNodes: nodes,
      returnType,
      parentType,
      path,
      schema,
      fragments,
      rootValue,
      operation,
      variableValues,
    };
  }

  #value(field: FieldPlan, plan: ValuePlan, path: Path, given: unknown): unknown {
    if (given instanceof Error) throw given;
    if (given === null || given === undefined) {
      if (plan.isNullable) return null;
      throw new Error(`Cannot return null for non-nullable field ${field.parent.name}.${field.definition.name}.`);
    }
    if (plan.kind === 'leaf') return this.#leaf(plan, given);
    return plan.kind === 'list' ? this.#list(field, plan.item, path, given) : this.#object(plan.object, given, path);
  }

  #leaf({ type }: ValuePlan & { kind: 'leaf' }, given: unknown): unknown {
    const value = type.serialize(given);
    if (typeof value === 'string') this.length += value.length;
    else if (typeof value === 'object') this.length += lengthOf(value, LONGEST_ANSWER);
    if (value !== null && value !== undefined) return value;
    const call = `\`${inspect(type)}.serialize(${inspect(given)})\``;
    throw new Error(`Expected ${call} to return non-nullable value, returned: ${inspect(value)}`);
  }

  #list(field: FieldPlan, plan: ValuePlan, path: Path, list: unknown): unknown[] | Promise<unknown[]> {
    if (typeof list !== 'object' || list === null || !(Symbol.iterator in list)) {
      const name = `${field.parent.name}.${field.definition.name}`;
      throw new GraphQLError(`Expected Iterable, but did not find one for field "${name}".`);
    }
    let isLater = false;
    const values: unknown[] = [];
    try {
      for (const item of list as Iterable<unknown>) {
        const value = this.#item(field, plan, { prev: path, key: values.length, typename: undefined }, item);
        if (isPromise(value)) isLater = true;
        values.push(value);
      }
    } catch (error) {
      // Nobody waits for the other items, which may fail, too.
      for (const value of values) if (isPromise(value)) value.then(undefined, () => {});
      throw error;
    }
    this.length += values.length * VALUE_LENGTH;
    return isLater ? Promise.all(values) : values;
  }

  #item(field: FieldPlan, plan: ValuePlan, path: ResponsePath, item: unknown): unknown {
    const fail = (error: unknown) => this.#fail(field, plan, path, error);
    try {
      const value = isPromise(item)
        ? item.then((later) => this.#value(field, plan, path, later))
        : this.#value(field, plan, path, item);
      return isPromise(value) ? value.then(undefined, fail) : value;
    } catch (error) {
      return fail(error);
    }
  }

  /** Null, if the field may be null. Otherwise the error passes to the surrounding value. */
  #fail({ nodes }: FieldPlan, { isNullable }: ValuePlan, path: ResponsePath, raw: unknown): null {
    const error = locatedError(raw, nodes, keysOf(path));
    if (!isNullable) throw error;
    this.#collect(error, path);
    return null;
  }

  /** Errors within a place that an earlier error has set to null are not reported. */
  #collect(error: GraphQLError, path: Path): void {
    for (let at = path; at !== undefined; at = at.prev) if (this.#nulled.has(at)) return;
    if (this.#nulled.has(undefined)) return;
    this.#nulled.add(path);
    this.errors.push(error);
  }
}

function placeOf({ name, parent }: FieldPlan, prev: Path): ResponsePath {
  return { prev, key: name, typename: parent.name };
}

function keysOf(path: ResponsePath): (string | number)[] {
  const keys: (string | number)[] = [];
  for (let at: Path = path; at !== undefined; at = at.prev) keys.unshift(at.key);
  return keys;
}

/**
 * The answer when all its fields are there, in the same order. It takes as many turns of the event loop's queue of
 * promises as GraphQL's own executor does. Otherwise of several errors that arrive at once another one would be the
 * first, and hide the rest.
 */
async function allOf(answer: Answer): Promise<Answer> {
  await new Promise<void>((resolve, reject) => {
    let pending = 0;
    for (const name in answer) {
      const value = answer[name];
      if (!isPromise(value)) continue;
      pending++;
      value.then((later) => {
        answer[name] = later;
        if (--pending === 0) resolve();
      }, reject);
    }
  });
  return answer;
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof (value as PromiseLike<unknown> | null | undefined)?.then === 'function';
}
