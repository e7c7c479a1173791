import { describe, expect, test } from '@jest/globals';
import type { OpenOptions } from '../../../../src/core/source-session.ts';
import { sources } from '../../../../src/sync/source/sources.ts';

const options = (file: string | null): OpenOptions => ({
  addresses: { allowPrivate: false, cidrs: [] },
  files: {
    find: async () =>
      file === null ? null : { id: 'f', name: 'people.csv', bytes: file.length, uploadedAt: new Date(0) },
    read: async function* () {
      yield Buffer.from(file ?? '');
    },
  },
  signal: new AbortController().signal,
});

async function check(file: string | null, settings: object = {}) {
  const { ok, code, checks, ...told } = await sources.CSV.test({ idColumn: 'id', ...settings }, {}, options(file));
  return { ok, code, told, checks: checks.map(({ name, status }) => `${name} ${status}`), details: checks };
}

const good = ['Reach OK', 'File OK', 'Encoding OK', 'Separator OK', 'Columns OK', 'Id column OK', 'Rows OK', 'Ids OK'];
const people = ['Emails OK', 'Fields OK'];

describe('the test of a file', () => {
  test('reports each step', async () => {
    const { ok, checks, details, told } = await check('id;name;mail\n1;Ada;ada@example.org\n2;Bo;bo@example.org\n');
    expect([ok, checks]).toEqual([true, [...good, ...people]]);
    expect(details.map(({ detail }) => detail).join('\n')).toMatch(/utf-8.*";".*"id", "name", "mail".*All 2 rows/s);
    expect(told.server).toContain('people.csv');
  });

  test('reads only the first rows of a large file', async () => {
    const { details } = await check(`id,name\n${Array.from({ length: 5000 }, (_, i) => `${i},x\n`).join('')}7,again\n`);
    expect(details.find(({ name }) => name === 'Rows')?.detail).toContain('first 1000 rows');
  });

  test('warns of rows that can’t be used and of repeated ids', async () => {
    const { ok, checks, details } = await check('id,name\n1,Ada\n2\n1,Bo\n,x\n');
    expect([ok, checks]).toEqual([true, [...good.slice(0, 6), 'Rows WARN', 'Ids WARN', 'Emails OK', 'Fields WARN']]);
    expect(details.at(7)?.detail).toContain('lines 2 and 4');
    expect(details.at(6)?.detail).toContain('Line 3 has 1 column');
  });

  test('warns of shared and malformed addresses, and says how many rows fill the main fields', async () => {
    const rows = ['1,Ada,team@example.org,1', '2,Bo,TEAM@example.org,', '3,Cy,nowhere,', '4,,,4'];
    const { ok, details } = await check(`id,name,email,phone\n${rows.join('\n')}\n`);
    expect(ok).toBe(true);
    expect(details.slice(-2)).toMatchObject([
      { name: 'Emails', status: 'WARN', detail: expect.stringContaining('"team@example.org" (2 people)') },
      { name: 'Fields', status: 'OK', detail: expect.stringContaining('name 3, email 3, phone 2, department none') },
    ]);
    expect(details.at(-2)?.detail).toContain('such as "nowhere"; 1 without any.');
  });

  test('warns of a file without rows', async () => {
    expect((await check('id,name\n')).checks).toContain('Rows WARN');
  });

  test.each<[string, string | null, object, string, string]>([
    ['no file', null, {}, 'NO_FILE', 'Reach FAIL'],
    ['an empty file', '', {}, 'EMPTY_FILE', 'File FAIL'],
    ['UTF-16 without its mark', 'i\0d\0,\0n\0\n\0', {}, 'ENCODING_UNKNOWN', 'Encoding FAIL'],
    ['a header that can’t be used', 'id,id\n', {}, 'INVALID_HEADER', 'Columns FAIL'],
    ['an id column that is not there', 'Nr,name\n1,x\n', {}, 'COLUMN_MISSING', 'Id column FAIL'],
    ['an address that is not allowed', null, { url: 'https://127.0.0.1/x' }, 'ADDRESS_NOT_ALLOWED', 'Reach FAIL'],
  ])('fails at its step for %s, and skips the others', async (_what, file, settings, code, failed) => {
    const { ok, code: told, checks, told: answer } = await check(file, settings);
    expect([ok, told]).toEqual([false, code]);
    expect(checks).toContain(failed);
    expect(answer.hint).toEqual(expect.any(String));
    expect(checks).toHaveLength(10);
  });
});
