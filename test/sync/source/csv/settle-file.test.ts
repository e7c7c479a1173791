import { expect, test } from '@jest/globals';
import type { OpenOptions } from '../../../../src/core/source-session.ts';
import { proposeConnection } from '../../../../src/sync/propose-connection.ts';
import { sources } from '../../../../src/sync/source/sources.ts';

const options = (file: string): OpenOptions => ({
  addresses: { allowPrivate: false, cidrs: [] },
  files: {
    find: async () => ({ id: 'f', name: 'people.csv', bytes: file.length, uploadedAt: new Date(0) }),
    read: async function* () {
      yield Buffer.from(file);
    },
  },
  signal: new AbortController().signal,
});
const settled = (file: string, settings: Record<string, unknown> = {}) =>
  sources.CSV.settle(settings, {}, options(file));

test('the id column of a file is the best one with a different value in each row', async () => {
  const file = 'name,ID,Employee ID,email\nAda,1,7,a@x.org\nBo,1,8,b@x.org\n';
  const { settings, baseDns, filter, reasons } = await settled(file);
  expect([settings.idColumn, baseDns, filter]).toEqual(['Employee ID', [], null]);
  expect(reasons).toEqual([expect.stringContaining('Set idColumn to "Employee ID"')]);
});

test('a proposal for a file has the id column as a value for the form', async () => {
  const file = 'Vorname,Nachname,Personalnummer\nAda,King,7\nBo,Bell,8\n';
  for (const [idColumn, proposed] of [
    ['', 'Personalnummer'],
    ['Nachname', 'Nachname'],
  ]) {
    const task = { kind: 'CSV', settings: { idColumn }, secrets: {}, addresses: options(file).addresses } as const;
    const { idColumn: found, baseDns } = await proposeConnection(
      sources.CSV,
      { ...task, at: new Date() },
      options(file),
    );
    expect({ found, baseDns }).toEqual({ found: proposed, baseDns: [] });
  }
});

test('a given id column is kept', async () => {
  expect((await settled('name,id\nAda,1\n', { idColumn: 'name' })).settings.idColumn).toBe('name');
});

test('a file without a column that identifies people is refused, with its columns', async () => {
  for (const file of ['name,place\nAda,x\n', 'id,name\n1,Ada\n1,Bo\n', 'id,name\n,Ada\n'])
    await expect(settled(file)).rejects.toMatchObject({
      code: 'COLUMN_MISSING',
      hint: expect.stringContaining('name'),
    });
});
