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
import { executeOperation } from '../../../src/api/operation/execute-operation.ts';
import { planOperation } from '../../../src/api/operation/plan-operation.ts';
import { readDocument } from '../../../src/api/operation/read-document.ts';
import { weighOperation } from '../../../src/api/operation/weigh-operation.ts';
import { anyDocument } from './any-document.ts';

type Seed = { seed: string };
type Field = { name: string; type: GraphQLOutputType };

/** How an object's fields get their values. */
const ways = ['resolver', 'property', 'method'] as const;

/**
 * Our schema with fields that answer in all possible ways: at once or later, with null where it is not allowed, with
 * errors that are returned, thrown or promised, with a value that is no list, and with values of other types.
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
 * When an item of a list fails at once, GraphQL's own executor forgets the items that come later, and their rejections are unhandled. So
 * the items of one list come all at once or all later.
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

          const expected = plain(await execute({ schema, document, contextValue: {} }));
          const first = plain(await executeOperation({ schema, document, contextValue: {} }));
          expect(first).toEqual(expected);
          expect(plain(await executeOperation({ schema, document, contextValue: {} }))).toEqual(expected);
          planned++;
          if ((expected as ExecutionResult).errors) faulty++;
        }),
        { numRuns: 350 },
      );
      expect(planned).toBeGreaterThan(2);
      if (troubles > 0) expect(faulty).toBeGreaterThan(0);
    },
  );

  test.each([
    'query ($more: Boolean!) { contacts { nodes { id ... @include(if: $more) { company } notes @skip(if: $more) } } }',
    'query ($first: Int!) { contacts(first: $first) { nodes { id } } more: contacts(first: 3) { totalCount nodes { id } } }',
    'query ($first: Int!, $more: Boolean!) { contacts(first: $first) { totalCount @include(if: $more) } }',
    '{ connections { nodes { source { ... on LdapSettings { urls } ... on CsvSettings { url } } } } }',
    '{ __typename contacts { __typename nodes { __typename kind: __typename } } }',
    '{ __schema { queryType { name } } __type(name: "Contact") { fields { name } } }',
    '{ contacts { nodes { __proto__: id } } }',
    '{ contacts { ...A ...B } } fragment A on ContactPage { nodes { id } } fragment B on ContactPage { nodes { emails { value } } totalCount }',
    'query ($first: Int!) { contacts(first: $first, after: null) { nodes { id } } contact(id: 5) { id } }',
    'mutation { deleteConnection(id: "x") { userErrors { code } } }',
    '{ connections(first: 30) { totalCount a3: pageInfo { endCursor } a0: pageInfo { endCursor } } viewer { a1: workspace { contactSyncEnabled } kind a4: name } sourceKinds { a0: defaultScope { groups excludeGroups nestedGroups a0: nestedGroups } } viewer { a2: kind a3: permissions } }',
    '{ contacts(first: 118) { nodes { familyName } } }',
  ])('is answered as GraphQL would: %s', async (text) => {
    for (const troubles of [0, 8]) {
      const schema = moodySchema(troubles);
      const read = readDocument(schema, text);
      if (read.kind !== 'valid') throw read.errors[0];
      for (const variableValues of [{ more: true, first: 2 }, { more: false, first: 5 }, { more: 'x' }]) {
        const args = { schema, document: read.document, variableValues, contextValue: {} };
        expect(plain(await executeOperation(args))).toEqual(plain(await execute(args)));
      }
    }
  });
});
