import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import {
  type GraphQLArgument,
  type GraphQLField,
  type GraphQLInputType,
  type GraphQLNamedType,
  getNamedType,
  getNullableType,
  isEnumType,
  isInputObjectType,
  isLeafType,
  isListType,
  isNonNullType,
  isObjectType,
  isUnionType,
} from 'graphql';
import { buildApiSchema } from '../../src/api/build-api-schema.ts';
import { type Answer, startApi, type TestApi } from '../support/api.ts';

const schema = buildApiSchema();
let api: TestApi;
/** Ids of stored connections, runs, contacts and others. */
const ids: string[] = [];

beforeAll(async () => {
  // No worker runs, so stored runs don't change.
  api = await startApi({ ROLE: 'api' });
  for (const name of ['One', 'Two', 'Three']) {
    const { createConnection } = await api.ask(
      `mutation ($input: CreateConnectionInput!) { createConnection(input: $input) { connection { id } userErrors { message } } }`,
      { input: { name, source: { ldap: { urls: ['ldap://127.0.0.1:1'], baseDns: ['dc=x'] } }, status: 'ENABLED' } },
    );
    ids.push(createConnection.connection.id);
    const { startRun } = await api.ask('mutation ($id: ID!) { startRun(connectionId: $id) { run { id } } }', {
      id: ids.at(-1),
    });
    ids.push(startRun.run.id);
  }
});
afterAll(() => api.close());

const texts = fc.oneof(
  { weight: 3, arbitrary: fc.string({ unit: 'binary', maxLength: 30 }) },
  {
    weight: 3,
    arbitrary: fc.constantFrom(
      '',
      ' ',
      '\0',
      'a\0b',
      '\ud800',
      'a\udfff',
      "'; DROP TABLE contact; --",
      '%_\\',
      '\\',
      '"{}[]',
      'x'.repeat(201),
      'ü'.repeat(70_000),
      '😀'.repeat(150),
      Array.from({ length: 40 }, (_, n) => `w${n}`).join(' '),
      Array.from({ length: 99 }, (_, n) => String.fromCodePoint(0x4e00 + n)).join('.'),
      '@'.repeat(190),
      '+49 (0)30/'.repeat(18),
      "& | ! ( ) : * <-> 'a' b:*",
      '00000000-0000-0000-0000-000000000000',
      'FFFFFFFF-FFFF-FFFF-FFFF-FFFFFFFFFFFF',
      '{{ x | upcase }}',
      '{% for i in (1..9999999) %}',
      '((((((((cn=*))))))))',
      '(cn=\\zz)',
      '* * * * *',
      '0 0 31 2 *',
      '60 99 * * 9-1',
      'Europe/Nowhere',
      'W10',
      'WyJ4IiwxXQ',
    ),
  },
);

const urls = fc.constantFrom(
  'ldap://127.0.0.1:1',
  'ldaps://127.0.0.1:1',
  'ldap://127.0.0.1:99999',
  'ldap://[::1',
  'ldap://',
  'ldap://x\0y',
  'http://127.0.0.1',
  'ldap://127.0.0.1:1/dc=x??sub',
  '',
  '\ud800',
);

const integers = fc.oneof(
  fc.constantFrom(0, 1, -1, 5, 200, 201, 1000, 1001, 2 ** 31 - 1, -(2 ** 31), 2 ** 31 - 2),
  fc.integer({ min: -(2 ** 31), max: 2 ** 31 - 1 }),
);

const moments = fc.constantFrom(
  '2026-03-01T09:30:00.000Z',
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00+14:00',
  '9999-12-31T23:59:59.999-14:00',
  '2026-02-30T00:00:00Z',
  '2026-01-01T00:00:00.123456789012345678901234567890Z',
  '2026-01-01T23:59:60Z',
  'infinity',
  '\0',
);

const pageLengths = fc.oneof(
  { weight: 4, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 1, arbitrary: integers },
);

const scalars: Record<string, fc.Arbitrary<unknown>> = {
  String: texts,
  ID: fc.oneof(
    texts,
    fc.nat().map(() => ids[0] ?? ''),
    fc.nat().map((n) => ids[n % ids.length] ?? ''),
  ),
  Int: integers,
  Float: fc.double(),
  Boolean: fc.boolean(),
  DateTime: moments,
};

/** Values for an input type; most of them fit it. */
function anyValue(type: GraphQLInputType, name: string): fc.Arbitrary<unknown> {
  if (!isNonNullType(type)) {
    return fc.option(valueOfNullable(type, name), { nil: null, freq: 2 });
  }
  return valueOfNullable(getNullableType(type), name);
}

function valueOfNullable(type: GraphQLInputType, name: string): fc.Arbitrary<unknown> {
  if (isListType(type)) return fc.array(anyValue(type.ofType, name), { maxLength: 4 });
  if (isEnumType(type)) return fc.constantFrom(...type.getValues().map((value) => value.name));
  if (isInputObjectType(type)) {
    const fields = Object.values(type.getFields());
    if (type.isOneOf)
      return fc.oneof(
        ...fields.map((field) => valueOfNullable(field.type, field.name).map((value) => ({ [field.name]: value }))),
      );
    const needed = fields.filter((field) => isNonNullType(field.type)).map((field) => field.name);
    return fc.record(Object.fromEntries(fields.map((field) => [field.name, anyValue(field.type, field.name)])), {
      requiredKeys: needed,
    });
  }
  if (name === 'urls') return urls;
  if (name === 'first') return pageLengths;
  return scalars[getNamedType(type).name] ?? fc.constant(null);
}

type Asked = { name: string; variable: string; type: GraphQLInputType };

/** A field with all its arguments as variables, and its selections down to a given depth. */
function fieldText(field: GraphQLField<unknown, unknown>, depth: number, asked: Asked[]): string | null {
  const below = selectionOf(getNamedType(field.type), depth, asked);
  if (below === null) return null;
  const args = field.args.map((arg: GraphQLArgument) => {
    const variable = `v${asked.length}`;
    asked.push({ name: arg.name, variable, type: arg.type });
    return `${arg.name}: $${variable}`;
  });
  return `${field.name}${args.length > 0 ? `(${args.join(', ')})` : ''}${below}`;
}

function selectionOf(type: GraphQLNamedType, depth: number, asked: Asked[]): string | null {
  if (isLeafType(type)) return '';
  if (depth === 0) return null;
  const possible = isUnionType(type) ? type.getTypes() : isObjectType(type) ? [type] : [];
  const parts = possible.map((object) => {
    const fields = Object.values(object.getFields()).map((field) => fieldText(field, depth - 1, asked));
    const written = fields.filter((field) => field !== null).join(' ') || '__typename';
    return isUnionType(type) ? `... on ${object.name} { ${written} }` : written;
  });
  return ` { ${parts.join(' ')} }`;
}

const rootFields = [schema.getQueryType(), schema.getMutationType()].flatMap((type) =>
  Object.values(type?.getFields() ?? {}).map((field) => [`${type?.name.toLowerCase()} ${field.name}`, field] as const),
);

/** Arguments that would disturb later tests. */
const fixed: Record<string, Record<string, unknown>> = {
  setContactSyncEnabled: { enabled: true },
  deleteConnection: { id: 'deadbeef-0000-4000-8000-000000000000' },
};

const known = [
  'BAD_USER_INPUT',
  'NOT_FOUND',
  'CONFLICT',
  'FORBIDDEN',
  'GRAPHQL_VALIDATION_FAILED',
  'RATE_LIMITED',
  'TIMEOUT',
];

function check({ errors }: Answer, logged: readonly string[]): void {
  for (const { extensions, message } of errors ?? []) {
    if (!known.includes(extensions.code)) throw new Error(`${extensions.code}: ${message}\n${logged.join('\n')}`);
  }
}

test.each(rootFields)('%s: no argument causes an internal error', async (name, field) => {
  const asked: Asked[] = [];
  const selection = fieldText(field, 4, asked);
  const [kind = ''] = name.split(' ');
  const declared = asked.map(({ variable, type }) => `$${variable}: ${type}`).join(', ');
  const query = `${kind}${declared === '' ? '' : ` (${declared})`} { ${selection} }`;
  const variables = fc.record(
    Object.fromEntries(
      asked.map(({ name: argument, variable, type }) => {
        const is = fixed[field.name]?.[argument];
        return [variable, is === undefined ? anyValue(type, argument) : fc.constant(is)];
      }),
    ),
  );
  await fc.assert(
    fc.asyncProperty(variables, async (values) => {
      const before = api.logged.length;
      check(await api.request(query, values), api.logged.slice(before));
    }),
    { numRuns: asked.length === 0 ? 1 : 60, endOnFailure: true },
  );
});

test('a subscription with any argument is a stream or a refusal', async () => {
  const variables = fc.record({ id: scalars.ID ?? texts, after: integers, level: fc.constantFrom('DEBUG', 'ERROR') });
  await fc.assert(
    fc.asyncProperty(variables, async ({ id, after, level }) => {
      for (const subscription of [
        `runLog(runId: $id, after: $after, minLevel: $level) { lastSeq }`,
        'runProgress(runId: $id) { id }',
      ]) {
        const unused = subscription.includes('$after') ? '' : ' @include(if: $always)';
        const text =
          unused === ''
            ? `subscription ($id: ID!, $after: Int, $level: LogLevel) { ${subscription} }`
            : `subscription ($id: ID!) { ${subscription} }`;
        const values = unused === '' ? { id, after, level } : { id };
        const answers = api.overSse(text, values);
        // A stored run sends its state at once, but a log without lines sends nothing.
        if (ids.includes(id as string)) {
          await answers.return?.();
          continue;
        }
        const first = await answers.next();
        check(first.value ?? {}, api.logged);
        await answers.return?.();
      }
    }),
    { numRuns: 30, endOnFailure: true },
  );
});

describe.each([
  ['contacts', 'query ($search: String) { contacts(search: $search) { totalCount } }'],
  ['connections', 'query ($search: String) { connections(search: $search) { totalCount } }'],
  ['a log', 'query ($search: String, $id: ID!) { run(id: $id) { log(search: $search) { lastSeq } } }'],
  ['changes', 'query ($search: String, $id: ID!) { run(id: $id) { changes(search: $search) { totalCount } } }'],
])('a search of %s', (_what, query) => {
  const words = (number: number) => Array.from({ length: number }, (_, n) => `w${n}`).join(' ');
  test.each([
    ['200 characters', 'x'.repeat(200), undefined],
    ['201 characters', 'x'.repeat(201), 'BAD_USER_INPUT'],
    ['200 letters beyond the basic plane', '𐐷'.repeat(200), undefined],
    ['201 letters beyond the basic plane', '𐐷'.repeat(201), 'BAD_USER_INPUT'],
    ['16 words', words(16), undefined],
    ['17 words', words(17), 'BAD_USER_INPUT'],
    ['one word 50 times', 'abc '.repeat(50), undefined],
    ['a NUL', 'a\0', 'BAD_USER_INPUT'],
    ['blanks', '   ', undefined],
  ])('with %s', async (_length, search, code) => {
    const values = query.includes('$id') ? { search, id: ids[1] } : { search };
    const { errors } = await api.request(query, values);
    expect(errors?.[0]?.extensions.code).toBe(code);
  });
});

test('words of a search are those that contacts are looked for by', async () => {
  const query = 'query ($search: String, $email: String) { contacts(search: $search, email: $email) { totalCount } }';
  const dotted = Array.from({ length: 17 }, (_, n) => `w${n}`).join('.');
  for (const values of [{ search: dotted }, { email: dotted }])
    expect((await api.request(query, values)).errors?.[0]?.extensions.code).toBe('BAD_USER_INPUT');
});

test.each([
  ['beside a misspelt setting', { bindPassword: 'canary-secret', bindPasword: 'x' }],
  ['beside a setting of the wrong type', { bindPassword: 'canary-secret', pageSize: 'many' }],
  ['in the wrong form', { bindPassword: { plain: 'canary-secret' } }],
])('a message about a bad variable repeats no secret: %s', async (_, ldap) => {
  const query = 'mutation ($source: SourceInput) { testConnection(source: $source) { userErrors { code } } }';
  const [error] = (await api.request(query, { source: { ldap } })).errors ?? [];
  expect(error?.extensions.code).toBe('BAD_USER_INPUT');
  expect(error?.message).toMatch(/^Variable "\$source" got an invalid value at "source\.ldap.*"; \w/);
  expect(JSON.stringify(error)).not.toContain('canary-secret');
});
