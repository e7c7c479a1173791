import { hash } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  buildSchema,
  type ExecutionResult,
  execute,
  type GraphQLOutputType,
  type GraphQLSchema,
  getNullableType,
  isEnumType,
  isListType,
  isObjectType,
  isUnionType,
  printSchema,
} from 'graphql';
import { buildApiSchema } from '../../../src/api/build-api-schema.ts';
import { operationExecutor } from '../../../src/api/operation/execute-operation.ts';
import { planOperation } from '../../../src/api/operation/plan-operation.ts';
import { readDocument } from '../../../src/api/operation/read-document.ts';
import { weighOperation } from '../../../src/api/operation/weigh-operation.ts';
import { anyDocument } from './any-document.ts';

type Seed = { seed: string };
type Field = { name: string; type: GraphQLOutputType };

/** How an object's fields come to their values. */
const ways = ['resolver', 'property', 'method'] as const;

/**
 * Our schema, whose fields give all kinds of answers: now or later, null also where none may be, errors given, thrown and
 * promised, lists that are none, and values that are no values of their type.
 */
function moodySchema(troubles: number): GraphQLSchema {
  const schema = buildSchema(printSchema(buildApiSchema()));
  const moody = (source: unknown, { name, type }: Field, args: object): unknown => {
    const seed = `${(source as Seed | undefined)?.seed ?? ''}.${name}${JSON.stringify(args)}`;
    return inMood(type, seed, (of, at) => someValue(of, at, schema, moody, troubles), troubles);
  };
  for (const type of Object.values(schema.getTypeMap())) {
    if (!isObjectType(type) || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields()))
      if (wayOf(field.name) === 'resolver' || type === schema.getQueryType())
        field.resolve = (source, args) => moody(source, field, args);
  }
  return schema;
}

const wayOf = (name: string) => ways[numberOf(name) % ways.length];
/**
 * Where a list ends at an error, GraphQL's own executor leaves its other items behind, and nobody hears of what they reject
 * with. So what is in a list comes all at once, or all later.
 */
const isAtOnce = (seed: string): boolean => seed.startsWith('!');
const numberOf = (text: string): number => Number.parseInt(hash('sha256', text).slice(0, 8), 16);

function inMood(
  type: GraphQLOutputType,
  seed: string,
  value: (type: GraphQLOutputType, seed: string) => unknown,
  troubles: number,
): unknown {
  const mood = numberOf(seed) % 60;
  const given = () => value(getNullableType(type), seed);
  if (isAtOnce(seed) && (mood >= troubles || [0, 1, 7].includes(mood))) return given();
  if (mood < troubles) {
    if (mood === 0) return Promise.resolve(null);
    if (mood === 1) return Promise.reject(new Error(seed));
    if (mood === 2) return null;
    if (mood === 3) return new Error(`given ${seed}`);
    if (mood === 4) throw new Error(`thrown ${seed}`);
    if (mood === 5) return 12.5;
    if (mood === 6) return undefined;
    return Promise.resolve().then(() => new Error(`given later ${seed}`));
  }
  return mood < 20 ? Promise.resolve().then(given) : given();
}

function someValue(
  type: GraphQLOutputType,
  seed: string,
  schema: GraphQLSchema,
  moody: (source: unknown, field: Field, args: object) => unknown,
  troubles: number,
): unknown {
  const number = numberOf(seed);
  const again = (of: GraphQLOutputType, at: string) => someValue(of, at, schema, moody, troubles);
  if (isListType(type)) {
    const items = [0, 1, 2].slice(number % 3);
    if (isAtOnce(seed) || number % 2 === 0)
      return items.map((at) => inMood(type.ofType, `!${seed}.${at}`, again, troubles));
    return items.map((at) => Promise.resolve().then(() => inMood(type.ofType, `${seed}.${at}`, again, troubles)));
  }
  if (isUnionType(type)) return { __typename: type.getTypes()[0]?.name, seed };
  if (isEnumType(type)) return type.getValues()[number % type.getValues().length]?.value;
  if (!isObjectType(type)) {
    if (String(type) === 'Boolean') return number % 2 === 0;
    return String(type) === 'Int' || String(type) === 'Float' ? number % 1000 : seed;
  }
  const object: Record<string, unknown> = { seed };
  for (const field of Object.values(type.getFields())) {
    const give = () => moody({ seed }, field, {});
    if (wayOf(field.name) === 'method') object[field.name] = give;
    if (wayOf(field.name) === 'property') Object.defineProperty(object, field.name, { get: give });
  }
  return object;
}

const plain = (result: ExecutionResult): unknown => JSON.parse(JSON.stringify(result));

describe('a query that is executed by a plan', () => {
  test.each([0, 2, 8])(
    'is answered as GraphQL would, with the same errors in the same order, of %s kinds',
    async (troubles) => {
      const schema = moodySchema(troubles);
      let planned = 0;
      let faulty = 0;
      await fc.assert(
        fc.asyncProperty(anyDocument(schema), async (text) => {
          const read = text.length < 4000 ? readDocument(schema, text) : null;
          if (read?.kind !== 'valid') return;
          const { document } = read;
          const [operation] = document.definitions;
          if (operation?.kind !== 'OperationDefinition') throw new Error('The operation comes first.');
          if (planOperation(schema, document, operation) === null) return;
          if (weighOperation(schema, document, operation, {}).own > 30_000) return;
          const executor = operationExecutor(schema);
          const expected = plain(await execute({ schema, document, contextValue: {} }));
          const first = plain(await executor({ schema, document, contextValue: {} }));
          expect(first).toEqual(expected);
          expect(plain(await executor({ schema, document, contextValue: {} }))).toEqual(expected);
          planned++;
          if ((expected as ExecutionResult).errors) faulty++;
        }),
        { numRuns: 350 },
      );
      expect(planned).toBeGreaterThan(2);
      if (troubles > 0) expect(faulty).toBeGreaterThan(0);
    },
  );
});
