import { createHash } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { parse } from 'graphql';
import type { ApiContext } from '../../../src/api/api-context.ts';
import { buildApiSchema } from '../../../src/api/build-api-schema.ts';
import { createDocumentCache, operationPreparer } from '../../../src/api/operation/prepare-operation.ts';

const document = parse('{ viewer { id } }');

test('documents are kept up to a number of bytes, the ones used last', () => {
  const cache = createDocumentCache(10_000);
  const put = (key: string, characters: number, tokens = 0) => cache.set(key, { document, characters, tokens });
  const kept = (...keys: string[]) => keys.filter((key) => cache.get(key) !== undefined);
  put('a', 2000);
  put('b', 2000);
  cache.get('a');
  put('c', 2000);
  expect(kept('a', 'b', 'c')).toEqual(['a', 'c']);
  put('a', 3000);
  put('a', 3000);
  expect(kept('a', 'c')).toEqual(['a', 'c']);
  put('large', 5001);
  expect(kept('a', 'c', 'large')).toEqual(['a', 'c']);
  put('many tokens', 1000);
  put('more tokens', 1, 16);
  expect(kept('many tokens', 'more tokens')).toEqual(['more tokens']);
});

test('valid documents alone are kept', () => {
  const { prepare, known } = operationPreparer(buildApiSchema());
  const isKept = (query: string) => {
    prepare({ query }, {} as ApiContext);
    return known(createHash('sha256').update(query).digest('hex')) !== undefined;
  };
  expect(isKept('{ viewer { id } }')).toBe(true);
  expect(isKept('{ nothing }')).toBe(false);
  expect(isKept('{')).toBe(false);
  expect(isKept(`{ ${'viewer { id } '.repeat(900)} }`)).toBe(false);
});
