import { describe, expect, test } from '@jest/globals';
import type { Scope } from '../../../../src/core/connection.ts';
import { checkMappings } from '../../../../src/sync/map/check-mappings.ts';
import { sources } from '../../../../src/sync/source/sources.ts';

const faults = (settings: object, has: string[] = []) =>
  sources.CSV.checkSettings({ idColumn: 'id', ...settings }, { has: new Set(has), given: {}, mayLack: false }).map(
    ({ path, code }) => [path.join('.'), code],
  );

describe('settings of CSV', () => {
  test.each<[object, string[]]>([
    [{}, []],
    [{ url: 'https://files.example.com/a.csv?x=1', encoding: 'UTF-8', separator: '\t', nameColumn: 'Full name' }, []],
    [{ url: 'https://h' }, ['authorization']],
  ])('%j is good', (settings, has) => {
    expect(faults(settings, has)).toEqual([]);
  });

  test.each<[object, string, string, string[]]>([
    [{ idColumn: ' ' }, 'idColumn', 'REQUIRED', []],
    [{ idColumn: 'a\nb' }, 'idColumn', 'INVALID_ATTRIBUTE', []],
    [{ idColumn: 'x'.repeat(201) }, 'idColumn', 'TOO_LONG', []],
    [{ nameColumn: '' }, 'nameColumn', 'INVALID_ATTRIBUTE', []],
    [{ url: 'http://h/a.csv' }, 'url', 'INVALID_URL', []],
    [{ url: 'file:///etc/passwd' }, 'url', 'INVALID_URL', []],
    [{ url: 'no url' }, 'url', 'INVALID_URL', []],
    [{ url: 'https://ada:secret@h/' }, 'url', 'INVALID_URL', []],
    [{ url: 'https://h/\r\nx: y' }, 'url', 'INVALID_URL', []],
    [{ url: `https://h/${'x'.repeat(2000)}` }, 'url', 'TOO_LONG', []],
    [{ encoding: 'klingon' }, 'encoding', 'INVALID_VALUE', []],
    [{ encoding: 'x'.repeat(100_000) }, 'encoding', 'INVALID_VALUE', []],
    [{ separator: '' }, 'separator', 'INVALID_VALUE', []],
    [{ separator: '"' }, 'separator', 'INVALID_VALUE', []],
    [{ separator: '\n' }, 'separator', 'INVALID_VALUE', []],
    [{ separator: ', ' }, 'separator', 'INVALID_VALUE', []],
    [{}, 'authorization', 'UNWANTED', ['authorization']],
  ])('%j is told', (settings, path, code, has) => {
    expect(faults(settings, has)).toEqual([[path, code]]);
  });

  test('a stored authorization must be given again only when the URL changes', () => {
    const { destination } = sources.CSV;
    const settings = { url: 'https://h', idColumn: 'id' };
    expect(destination({ ...settings, idColumn: 'x' })).toEqual(destination(settings));
    expect(destination({ ...settings, url: 'https://i' })).not.toEqual(destination(settings));
  });
});

test('the default mappings of CSV can be saved', () => {
  const { defaultMappings } = sources.CSV.info();
  expect(checkMappings(defaultMappings, sources.CSV.attributes, ['mappings'])).toEqual([]);
});

test('a scope of CSV has rules on any column, and no groups and no filter', () => {
  const { defaultScope } = sources.CSV.info();
  const codes = (changes: Partial<Scope>) =>
    sources.CSV.checkScope({ ...defaultScope, ...changes }, { idColumn: 'id' }).map(({ path, code }) => [
      path.join('.'),
      code,
    ]);
  expect(codes({ rules: [{ attribute: 'Kostenstelle (neu)', operator: 'EQUALS', values: ['1'] }] })).toEqual([]);
  expect(codes({ groups: ['staff'] })).toEqual([['groups', 'NOT_SUPPORTED']]);
  expect(codes({ nestedGroups: true })).toEqual([['nestedGroups', 'NOT_SUPPORTED']]);
  expect(codes({ excludeGroups: ['leavers'] })).toEqual([['excludeGroups', 'NOT_SUPPORTED']]);
  expect(codes({ excludeBaseDns: ['ou=a'] })).toEqual([['excludeBaseDns', 'NOT_SUPPORTED']]);
  expect(codes({ filter: '(a=b)' })).toEqual([['filter', 'NOT_SUPPORTED']]);
});
