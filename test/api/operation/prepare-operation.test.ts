import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { getIntrospectionQuery, getOperationAST, getVariableValues, parse, visit } from 'graphql';
import { buildApiSchema } from '../../../src/api/build-api-schema.ts';
import { checkCost, HIGHEST_COST } from '../../../src/api/operation/check-cost.ts';
import { readDocument } from '../../../src/api/operation/read-document.ts';
import { weighOperation } from '../../../src/api/operation/weigh-operation.ts';
import { cpuMs } from '../../support/cpu-ms.ts';
import { anyDocument } from './any-document.ts';

const schema = buildApiSchema();

function read(query: string) {
  return readDocument(schema, query);
}

/** The reason for which an operation is refused, or its weight. */
function weigh(query: string) {
  const outcome = read(query);
  if (outcome.kind === 'refused') throw outcome.errors[0];
  const operation = getOperationAST(outcome.document, null);
  if (!operation) throw new Error('One operation was expected.');
  const { coerced = {} } = getVariableValues(schema, operation.variableDefinitions ?? [], {});
  return {
    ...weighOperation(schema, outcome.document, operation, coerced),
    refusal: checkCost(schema, outcome.document, operation, coerced),
  };
}

function countSelections(query: string): number {
  let selections = 0;
  visit(parse(query), {
    SelectionSet: (set) => {
      selections += set.selections.length;
    },
  });
  return selections;
}

function codeOf(query: string) {
  const outcome = read(query);
  return outcome.kind === 'refused' ? outcome.errors[0]?.extensions.code : null;
}

/** Each fragment spreads the next one twice. */
function doubling(fragments: number) {
  return `{ ...f0 } ${Array.from({ length: fragments }, (_, n) => `fragment f${n} on Query { ...f${n + 1} ...f${n + 1} }`).join(' ')}
   fragment f${fragments} on Query { viewer { id } }`;
}

function times(number: number, of: (n: number) => string) {
  return Array.from({ length: number }, (_, n) => of(n)).join(' ');
}

describe('the weight of an operation', () => {
  test('is weighed again for other variables, even if it was allowed with some', () => {
    const outcome = read(
      'query ($n: Int) { contacts(first: $n) { nodes { sources { connection { runs(first: 50) { nodes { id } } } } } } }',
    );
    if (outcome.kind === 'refused') throw outcome.errors[0];
    const operation = getOperationAST(outcome.document, null);
    if (!operation) throw new Error('One operation was expected.');
    const refusal = (n: number) => checkCost(schema, outcome.document, operation, { n });
    expect([refusal(1), refusal(200), refusal(2)]).toEqual([
      null,
      expect.objectContaining({ code: 'BAD_USER_INPUT' }),
      null,
    ]);
  });

  test.each([
    ['{ viewer { id name } }', 3],
    ['{ contacts(first: 7) { nodes { id displayName } } }', 1 + 100 + 1 + 7 * 3],
    ['query ($n: Int = 9) { contacts(first: $n) { nodes { id } } }', 1 + 100 + 1 + 9 * 2],
    ['{ contacts(first: 200) { totalCount } }', 1 + 100 + 1000],
    ['{ ...a } fragment a on Query { contacts(first: 7) { ...b } } fragment b on ContactPage { nodes { id } }', 116],
    ['{ contact(id: "x") { phones { value } } }', 1 + 1 + 10],
    ['mutation { startAllRuns { runs { id } } }', 501 + 1 + 10],
  ])('%s is %d', (query, cost) => {
    expect(weigh(query).own).toBe(cost);
  });

  test('of fragments that spread each other twice takes one step for each, and exceeds all limits', () => {
    const { steps, own, refusal } = weigh(doubling(60));
    expect(steps).toBeLessThanOrEqual(2 * 60 + 4);
    expect(own).toBeGreaterThan(2 ** 60);
    expect(refusal?.code).toBe('BAD_USER_INPUT');
  });

  test('does not overflow to a small number', () => {
    const nested = (depth: number): string =>
      depth === 0 ? 'id' : `connection { runs(first: 2147483647) { nodes { ${nested(depth - 1)} } } }`;
    expect(weigh(`{ run(id: "x") { ${nested(12)} } }`).refusal?.code).toBe('BAD_USER_INPUT');
  });

  test('allows the introspection of tools, but not a hundred of them', () => {
    const whole = getIntrospectionQuery({
      specifiedByUrl: true,
      directiveIsRepeatable: true,
      schemaDescription: true,
      inputValueDeprecation: true,
      oneOf: true,
    });
    expect(weigh(whole)).toMatchObject({ refusal: null });
    expect(weigh(whole).own).toBeLessThan((HIGHEST_COST * 2) / 3);
    const types = 'types { name description fields { name description type { name } args { name } } }';
    expect(weigh(`{ ${times(100, (n) => `a${n}: __schema { ${types} }`)} }`).refusal?.code).toBe('BAD_USER_INPUT');
  });

  test('allows at most a hundred counts', () => {
    const counts = (number: number) => `{ ${times(number, (n) => `c${n}: contacts { totalCount }`)} }`;
    expect(weigh(counts(90)).refusal).toBeNull();
    expect(weigh(counts(100)).refusal?.code).toBe('BAD_USER_INPUT');
  });

  test('allows the largest page of each list', () => {
    for (const list of [
      'contacts(first: 200) { totalCount nodes { id displayName emails { value } phones { value } sources { connection { name } } } }',
      'connections(first: 200) { totalCount nodes { id name mappings { field } scope { rules { values } } lastRun { status counts { read } } } }',
      'run(id: "x") { changes(first: 200) { totalCount nodes { fields { field before after } contact { displayName } } } }',
      'run(id: "x") { log(first: 1000) { nodes { seq at level code message person personId contactId } } }',
    ])
      expect(weigh(`{ ${list} }`).refusal).toBeNull();
  });
});

describe('a document that would take long to read', () => {
  test.each([
    ['braces', '{ viewer '.repeat(65) + '}'.repeat(65)],
    ['braces without end', '{ viewer '.repeat(3000)],
    ['lists', `{ connection(id: ${'['.repeat(1900)}${']'.repeat(1900)}) { id } }`],
    ['objects', `{ connection(id: ${'{a:'.repeat(1000)}1${'}'.repeat(1000)}) { id } }`],
    ['types of variables', `query ($a: ${'['.repeat(1500)}ID${']'.repeat(1500)}) { viewer { id } }`],
    ['tokens', `{ viewer { ${'id '.repeat(4000)} } }`],
    ['characters', `{ viewer { id } } # ${'x'.repeat(100_000)}`],
    ['fragments', `{ ...f0 } ${times(101, (n) => `fragment f${n} on Query { ...f${n + 1} }`)}`],
    ['operations', times(101, (n) => `query q${n} { viewer { id } }`)],
    ['repeated fields', `{ ${'viewer { id } '.repeat(900)} }`],
    ['repeated fields below', `{ viewer { ${'workspace { id } '.repeat(900)} } }`],
    ['arguments that differ', `{ ${times(400, (n) => `connections(first: ${n}) { totalCount }`)} }`],
  ])('for its %s has the code of one that can not be parsed', (_what, query) => {
    expect(codeOf(query)).toBe('GRAPHQL_PARSE_FAILED');
  });

  test.each([
    ['fragments in a ring', `{ ...f0 } ${times(90, (n) => `fragment f${n} on Query { ...f${(n + 1) % 90} }`)}`],
    ['unknown directives', `{ viewer { id ${'@foo '.repeat(1900)} } }`],
    ['a directive again and again', `{ viewer { id ${'@include(if: true) '.repeat(500)} } }`],
    ['unknown fields', `{ ${times(3000, (n) => `conection${n}`)} }`],
    ['long names', `{ ${times(10, (n) => `connection${n}${'x'.repeat(9000)}`)} }`],
    ['unknown arguments', `{ viewer(${times(1200, (n) => `a${n}: 1`)}) { id } }`],
    ['one argument again and again', `{ contacts(${'first: 1 '.repeat(1200)}) { totalCount } }`],
  ])('%s: gets few and short error messages', (_what, query) => {
    const outcome = read(query);
    if (outcome.kind === 'valid') throw new Error('It is not valid.');
    expect(outcome.errors[0]?.extensions.code).toBe('GRAPHQL_VALIDATION_FAILED');
    expect(outcome.errors.map(({ message }) => message).join('').length).toBeLessThan(6000);
  });

  test('with many small fragments, as clients send it, is accepted', () => {
    const fragments = times(90, (n) => `fragment f${n} on Connection { id name lastRun { id status } }`);
    expect(codeOf(`{ connections { nodes { ${times(90, (n) => `...f${n}`)} } } } ${fragments}`)).toBeNull();
    const mutations = times(
      150,
      (n) => `m${n}: startRun(connectionId: "${n}") { run { id } userErrors { code message } }`,
    );
    expect(codeOf(`mutation { ${mutations} }`)).toBeNull();
  });
});

test('weighing any document takes one step for each selection, and at most 20 ms', () => {
  fc.assert(
    fc.property(anyDocument(schema), (query) => {
      const outcome = read(query);
      if (outcome.kind === 'refused') return;
      const selections = countSelections(query);
      for (const operation of outcome.document.definitions) {
        if (operation.kind !== 'OperationDefinition') continue;
        expect(weighOperation(schema, outcome.document, operation, {}).steps).toBeLessThanOrEqual(selections);
        expect(cpuMs(() => checkCost(schema, outcome.document, operation, {}))).toBeLessThan(20);
      }
    }),
    { numRuns: 200 },
  );
});

test('reading any document takes no longer than reading a long valid one', () => {
  fc.assert(
    fc.property(anyDocument(schema), (query) => {
      // Ten times the time that a quiet machine needs.
      expect(cpuMs(() => read(query))).toBeLessThan(300);
    }),
    { numRuns: 200 },
  );
});
